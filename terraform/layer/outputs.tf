output "arn" {
  description = "The ARN of the layer's version, for the layers of a function, before all others."
  value       = local.found

  precondition {
    condition     = local.sound
    error_message = "${local.file} is not a versions.json; name the one that `moonlayer layer publish` wrote."
  }

  precondition {
    condition     = var.layer_arn != null || !local.sound || length(local.regions) > 0
    error_message = "${local.file} has no layer ${local.layer}; ${local.remedy}."
  }

  precondition {
    condition     = var.layer_arn != null || var.region != null
    error_message = "region is not given; the layer's ARN is another one in each region."
  }

  precondition {
    condition     = var.layer_arn != null || var.region == null || length(local.regions) == 0 || contains(local.regions, coalesce(var.region, "-"))
    error_message = "${local.file} has ${local.layer} in ${join(", ", local.regions)}, not in ${coalesce(var.region, "-")}; ${local.remedy}."
  }

  precondition {
    condition     = !contains(local.regions, coalesce(var.region, "-")) || local.parts != null
    error_message = "${local.file}: the arn of ${local.layer} in ${coalesce(var.region, "-")}, ${jsonencode(local.found)}, is not the ARN of a layer's version; name the versions.json that `moonlayer layer publish` wrote."
  }

  precondition {
    condition     = var.region == null || local.parts == null || try(local.parts[1], null) == var.region
    error_message = "${local.from}: ${coalesce(local.found, "-")} is of the region ${try(local.parts[1], "-")}, the function of ${coalesce(var.region, "-")}; a function takes layers of its own region only."
  }

  precondition {
    condition     = local.parts == null || !contains(local.ours, try(local.parts[3], "-")) || try(local.parts[3], null) == local.layer
    error_message = "${local.from}: ${coalesce(local.found, "-")} is the layer ${try(local.parts[3], "-")}, but the function wants ${local.layer}; change the ARN, or interpreter and architecture."
  }
}

output "name" {
  description = "The layer's name, such as lua-54-x86_64."
  value       = local.layer
}

output "runtime" {
  description = "The runtime of a function that takes the layer."
  value       = "provided.al2023"
}
