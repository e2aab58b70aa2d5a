# Two services that only work together: they take each step together, and are taken back together, stock first.
group "checkout" {
  service "cart" {
    subset "blue"  { version = "2" }
    subset "green" { version = "3" }

    signal "errors" {
      source = "envoy"
      metric = "errors"
      max    = "0.5%"
    }
    signal "slow" {
      source = "envoy"
      metric = "latency"
      over   = "500ms"
      max    = "5%"
    }
  }

  service "stock" {
    subset "blue"  { version = "2024.1" }
    subset "green" { version = "2024.2" }
  }

  stable = "blue"

  step { weight = 5 }
  step {
    analyse {
      for          = "5m"
      min_requests = 500
    }
  }
  step { weight = 25 }
  step { pause = "10m" }
  step { weight = 100 }

  bake = "30m"

  signal "errors" {
    source = "envoy"
    metric = "errors"
    max    = "1%"
  }
}
