"use strict";

// Stands in for the AWS provider of Terraform in the tests of the module, which reach no registry
// to install the real one from: it tells Terraform the names and the types of the arguments in
// schema.json, those of the version that is written there, and nothing else. What a plan or an
// apply would do is mocked by Terraform itself (`mock_provider` in the tests).
//
// Terraform starts it as any provider: plug-in protocol 5, gRPC over a local socket.

const fs = require("node:fs");
const http2 = require("node:http2");
const path = require("node:path");

const schema = JSON.parse(fs.readFileSync(path.join(__dirname, "schema.json"), "utf8"));
const NESTING = { single: 1, list: 2, set: 3 };

// --- Protocol Buffers ----------------------------------------------------------------------------

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** A field of bytes or text, or of a message that is encoded already. */
function bytes(field, content) {
  const body = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

/** A field of a number or a boolean; nothing where it has the value that fields have unless sent. */
const number = (field, value) =>
  value ? Buffer.concat([varint(field * 8), varint(Number(value))]) : Buffer.alloc(0);

// --- What the provider says ----------------------------------------------------------------------

function block(described) {
  const attributes = Object.entries(described.attributes ?? {}).map(([name, each]) =>
    bytes(2, Buffer.concat([
      bytes(1, name),
      bytes(2, JSON.stringify(each.type)),
      number(4, each.required),
      number(5, each.optional),
      number(6, each.computed),
    ])),
  );
  const nested = Object.entries(described.block_types ?? {}).map(([name, each]) =>
    bytes(3, Buffer.concat([
      bytes(1, name),
      bytes(2, block(each.block)),
      number(3, NESTING[each.nesting_mode]),
      number(4, each.min_items),
      number(5, each.max_items),
    ])),
  );
  return Buffer.concat([...attributes, ...nested]);
}

const whole = (described) => bytes(2, block(described));

const entries = (field, map) =>
  Object.entries(map).map(([name, each]) =>
    bytes(field, Buffer.concat([bytes(1, name), bytes(2, whole(each))])),
  );

const everything = () =>
  Buffer.concat([
    bytes(1, whole(schema.provider.block)),
    ...entries(2, schema.resources),
    ...entries(3, schema.data_sources),
  ]);

// A prepared configuration is the one that was sent, and that has the same form; no other answer
// has a field that need be there.
const answers = {
  "/tfplugin5.Provider/GetSchema": everything,
  "/tfplugin5.Provider/PrepareProviderConfig": (request) => request,
  "/tfplugin5.Provider/ValidateResourceTypeConfig": () => Buffer.alloc(0),
  "/tfplugin5.Provider/ValidateDataSourceConfig": () => Buffer.alloc(0),
  "/tfplugin5.Provider/Stop": () => Buffer.alloc(0),
  "/plugin.GRPCController/Shutdown": () => {
    setImmediate(() => process.exit(0));
    return Buffer.alloc(0);
  },
};

// --- gRPC ----------------------------------------------------------------------------------------

const UNIMPLEMENTED = "12";

const server = http2.createServer();
server.on("stream", (stream, headers) => {
  const chunks = [];
  stream.on("error", () => stream.close());
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    const answer = answers[headers[":path"]];
    const status = answer ? "0" : UNIMPLEMENTED;
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    if (!answer) return stream.end();
    // Five bytes before each message: not compressed, and the length.
    const body = answer(Buffer.concat(chunks).subarray(5));
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(body.length, 1);
    return stream.end(Buffer.concat([frame, body]));
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`1|5|tcp|127.0.0.1:${server.address().port}|grpc\n`);
});
