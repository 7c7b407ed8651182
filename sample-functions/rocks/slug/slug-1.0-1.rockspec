rockspec_format = "3.0"
package = "slug"
version = "1.0-1"
source = { url = "git+https://github.com/moonlayer/moonlayer" }
description = {
  summary = "Titles as they stand in URLs; a sample rock in pure Lua",
  license = "MIT OR Apache-2.0",
}
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { slug = "slug.lua" } }
