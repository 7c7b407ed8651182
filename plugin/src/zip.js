"use strict";

// Reads zips: which files are in one, and what one of them holds. It writes none, and knows neither
// encryption nor the form for more than 65,535 files or 4 GB, which no function and no layer has.

const fs = require("node:fs");

/** How each kind of record begins. */
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const FILE = 0x04034b50;
/** A record's own bytes, before its names and comments. */
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const FILE_BYTES = 30;
const LONGEST_COMMENT = 65535;
const DEFLATED = 8;

/**
 * A file in a zip.
 *
 * @typedef {{deflated: boolean, compressedBytes: number, at: number}} Entry
 */

/**
 * The files in a zip by their paths, or nothing if it is none.
 *
 * @param {string} file
 * @returns {Map<string, Entry> | null}
 */
function readEntries(file) {
  const handle = fs.openSync(file, "r");
  try {
    const size = fs.fstatSync(handle).size;
    const tail = read(handle, Math.max(0, size - END_BYTES - LONGEST_COMMENT), size);
    const end = lastEnd(tail);
    if (end === null) return null;
    const start = tail.readUInt32LE(end + 16);
    const list = read(handle, start, Math.min(size, start + tail.readUInt32LE(end + 12)));
    /** @type {Map<string, Entry>} */
    const entries = new Map();
    let at = 0;
    while (at + ENTRY_BYTES <= list.length && list.readUInt32LE(at) === ENTRY) {
      const nameBytes = list.readUInt16LE(at + 28);
      const name = list.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
      entries.set(name, {
        deflated: list.readUInt16LE(at + 10) === DEFLATED,
        compressedBytes: list.readUInt32LE(at + 20),
        at: list.readUInt32LE(at + 42),
      });
      at += ENTRY_BYTES + nameBytes + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * The content of a file in a zip.
 *
 * @param {string} file the zip
 * @param {Entry} entry
 * @returns {Buffer}
 */
function readEntry(file, entry) {
  const { inflateRawSync } = require("node:zlib");
  const handle = fs.openSync(file, "r");
  try {
    const head = read(handle, entry.at, entry.at + FILE_BYTES);
    if (head.length < FILE_BYTES || head.readUInt32LE(0) !== FILE) {
      throw new Error("the zip is damaged");
    }
    const start = entry.at + FILE_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
    const bytes = read(handle, start, start + entry.compressedBytes);
    return entry.deflated ? inflateRawSync(bytes) : bytes;
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * Where the record at the end of a zip begins.
 *
 * @param {Buffer} tail
 * @returns {number | null}
 */
function lastEnd(tail) {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === END) return at;
  }
  return null;
}

/**
 * @param {number} handle
 * @param {number} start
 * @param {number} end
 * @returns {Buffer} fewer bytes where the file ends before
 */
function read(handle, start, end) {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  return bytes.subarray(0, fs.readSync(handle, bytes, 0, bytes.length, start));
}

module.exports = { readEntries, readEntry };
