# Consul ACL policy for an operator who ramps payments, cart, stock with splitter, and no more.
# Made by: splitter acl-policy examples/payments.yaml examples/checkout.yaml --callers web --gateways ingress
# To use it:
#   consul acl policy create -name splitter-operator -rules @this-file
#   consul acl token create -policy-name splitter-operator -description "who it is for"

# payments: its config entries (service-defaults, -resolver and -splitter), its discovery chain and its instances
service "payments" {
  policy     = "write"
  intentions = "deny"
}

# payments: its sidecars, counted by version and health
service "payments-sidecar-proxy" {
  policy     = "read"
  intentions = "deny"
}

# web: its sidecars count the requests that it sends
service "web-sidecar-proxy" {
  policy     = "read"
  intentions = "deny"
}

# ingress: the gateway counts the requests that it sends
service "ingress" {
  policy     = "read"
  intentions = "deny"
}

# cart: its config entries (service-defaults, -resolver and -splitter), its discovery chain and its instances
service "cart" {
  policy     = "write"
  intentions = "deny"
}

# cart: its sidecars, counted by version and health
service "cart-sidecar-proxy" {
  policy     = "read"
  intentions = "deny"
}

# whether checkout is a service or the group
service "checkout" {
  policy     = "read"
  intentions = "deny"
}

# stock: its config entries (service-defaults, -resolver and -splitter), its discovery chain and its instances
service "stock" {
  policy     = "write"
  intentions = "deny"
}

# stock: its sidecars, counted by version and health
service "stock-sidecar-proxy" {
  policy     = "read"
  intentions = "deny"
}

# instances and their checks: Consul hides those of a node that may not be read
node_prefix "" {
  policy = "read"
}

# payments: the applied plan
key "splitter/plans/payments" {
  policy = "write"
}

# payments: the decision log of each rollout
key_prefix "splitter/history/payments/" {
  policy = "write"
}

# payments: the lock of whoever drives it
key "splitter/drivers/payments" {
  policy = "write"
}

# cart: the applied plan
key "splitter/plans/cart" {
  policy = "write"
}

# cart: the decision log of each rollout
key_prefix "splitter/history/cart/" {
  policy = "write"
}

# cart: the lock of whoever drives it
key "splitter/drivers/cart" {
  policy = "write"
}

# whether checkout is a service or the group
key "splitter/plans/checkout" {
  policy = "read"
}

# stock: the applied plan
key "splitter/plans/stock" {
  policy = "write"
}

# stock: the decision log of each rollout
key_prefix "splitter/history/stock/" {
  policy = "write"
}

# stock: the lock of whoever drives it
key "splitter/drivers/stock" {
  policy = "write"
}

# splitter freeze, which stops every service; with "read" it is only obeyed
key "splitter/freeze" {
  policy = "write"
}

# tells the controllers at once what was changed
key "splitter/doorbell" {
  policy = "write"
}

# which controllers live
key_prefix "splitter/controllers/" {
  policy = "list"
}

# the session that holds the lock of a drive: on the node of the agent that is asked
session_prefix "" {
  policy = "write"
}
