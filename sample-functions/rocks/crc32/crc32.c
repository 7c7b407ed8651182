/* crc32.of(bytes): the checksum of ISO-HDLC, which zip, gzip and PNG use, as an integer. */
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

static int of(lua_State *L) {
  size_t length;
  const unsigned char *bytes = (const unsigned char *)luaL_checklstring(L, 1, &length);
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    /* The polynomial 0x04c11db7, bits reversed. */
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  lua_pushinteger(L, (lua_Integer)(crc ^ 0xffffffffu));
  return 1;
}

int luaopen_crc32(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, of);
  lua_setfield(L, -2, "of");
  return 1;
}
