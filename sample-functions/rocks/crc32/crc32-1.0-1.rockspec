rockspec_format = "3.0"
package = "crc32"
version = "1.0-1"
source = { url = "git+https://github.com/moonlayer/moonlayer" }
description = {
  summary = "CRC-32 checksums; a sample rock in C",
  license = "MIT OR Apache-2.0",
}
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { crc32 = "crc32.c" } }
