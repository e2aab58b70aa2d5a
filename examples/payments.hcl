rollout "payments" {
  protocol = "http"
  stable   = "blue"
  bake     = "10m"
  deadline = "2h"

  subset "blue" {
    version = "2"
  }
  subset "green" {
    version = "3"
  }

  step {
    wait {
      healthy  = 1
      deadline = "60s"
    }
  }
  step {
    weight = 10
  }
  step {
    analyse {
      for          = "2m"
      min_requests = 200
    }
  }
  step {
    ramp {
      to    = 50
      by    = 10
      every = "2m"
    }
  }
  step {
    pause = "5m"
  }
  step {
    weight = 100
  }

  on {
    no_data = "hold"
    drift   = "hold"
  }
  capacity {
    max_ratio = 2
  }

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
  signal "worse" {
    source  = "envoy"
    metric  = "errors"
    compare = "stable"
    margin  = "0.2%"
  }
  signal "instances" {
    source      = "consul"
    min_healthy = 1
  }
}
