# Which layer a function in Lua takes. No provider is needed: all is read from the variables and
# from one file.

terraform {
  required_version = ">= 1.9"
}

locals {
  arn   = "^arn:([a-z-]+):lambda:([a-z0-9-]+):([0-9]{12}):layer:([A-Za-z0-9_-]+):([1-9][0-9]*)$"
  ours  = [for pair in setproduct(["lua-54", "luajit-21"], ["x86_64", "arm64"]) : join("-", pair)]
  layer = "${var.interpreter}-${var.architecture}"

  remedy = "a layer has to be published first, by `moonlayer layer publish` (to your own account); or name an ARN (layer_arn) or a zip (layer_zip)"

  # In a checkout the file lies beside this folder; elsewhere, as where this folder alone was
  # copied, there is nothing published that could be known.
  file    = coalesce(var.versions, "${path.module}/../../layer/versions.json")
  text    = try(file(local.file), "{\"layers\": {}}")
  layers  = try(jsondecode(local.text).layers, null)
  sound   = can(keys(local.layers))
  regions = try(keys(local.layers[local.layer]), [])

  found = var.layer_arn != null ? var.layer_arn : try(local.layers[local.layer][var.region].arn, null)
  parts = try(regex(local.arn, local.found), null)
  from  = var.layer_arn != null ? "layer_arn" : local.file
}
