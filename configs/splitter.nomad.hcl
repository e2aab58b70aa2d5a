# Nomad job of the controllers, a template: put its ACL token into a Nomad variable, then run it
#   nomad var put nomad/jobs/splitter consul_token=@token
#   nomad job run -var image=registry.example/splitter:0.1.0 configs/splitter.nomad.hcl
# Two are enough: when one goes, the other takes over its rollouts.

variable "image" {
  type        = string
  description = "Image with splitter on its PATH."
}

variable "count" {
  type    = number
  default = 2
}

variable "datacenters" {
  type    = list(string)
  default = ["dc1"]
}

job "splitter" {
  datacenters = var.datacenters
  type        = "service"

  group "controller" {
    count = var.count

    # Two controllers on one machine go down together.
    constraint {
      operator = "distinct_hosts"
      value    = "true"
    }

    update {
      max_parallel     = 1
      health_check     = "checks"
      min_healthy_time = "10s"
      auto_revert      = true
    }

    network {
      mode = "bridge"
      port "http" {
        to = 8410
      }
    }

    service {
      name     = "splitter"
      port     = "http"
      provider = "consul"
      tags     = ["metrics"]

      check {
        name     = "ready"
        type     = "http"
        path     = "/readyz"
        interval = "10s"
        timeout  = "2s"
      }

      check {
        name     = "alive"
        type     = "http"
        path     = "/healthz"
        interval = "10s"
        timeout  = "2s"

        check_restart {
          limit = 3
          grace = "60s"
        }
      }
    }

    task "splitter" {
      driver = "docker"

      # SIGTERM lets it give its rollouts up before it goes.
      kill_signal  = "SIGTERM"
      kill_timeout = "15s"

      config {
        image = var.image
        args  = ["run", "--config", "${NOMAD_TASK_DIR}/controller.yaml"]
        ports = ["http"]

        # No core file.
        ulimit {
          core = "0"
        }
      }

      env {
        SPLITTER_ID            = "${node.unique.name}-${NOMAD_SHORT_ALLOC_ID}"
        CONSUL_HTTP_ADDR       = "${attr.unique.network.ip-address}:8500"
        CONSUL_HTTP_TOKEN_FILE = "${NOMAD_SECRETS_DIR}/consul-token"
      }

      template {
        destination = "secrets/consul-token"
        change_mode = "restart"
        data        = <<EOF
{{ with nomadVar "nomad/jobs/splitter" }}{{ .consul_token }}{{ end }}
EOF
      }

      template {
        destination = "local/controller.yaml"
        data        = <<EOF
listen: 0.0.0.0:8410
log_format: json
EOF
      }

      resources {
        cpu        = 200
        memory     = 256
        memory_max = 512
      }
    }
  }
}
