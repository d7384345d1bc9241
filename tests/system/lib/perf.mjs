// /perf/1.0.0 over a Wire: eight bytes say how much to send back, then the upload up to FIN, then the download.

const CHUNK = Buffer.alloc(64 * 1024)

async function write (wire, bytes) {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    await wire.write(left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left))
  }
}

// The server's side.
export async function sendBack (wire) {
  try {
    const wanted = Number((await wire.read(8)).readBigUInt64BE())
    await wire.count('the upload', 60_000)
    await write(wire, wanted)
    await wire.closeWrite()
  } catch {
    wire.abort()
  }
}

// The client's side: → { uploaded, downloaded, upload_us, download_us }
export async function measure (wire, up, down) {
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(down))
  const start = process.hrtime.bigint()
  await wire.write(size)
  await write(wire, up)
  await wire.closeWrite()
  const sent = process.hrtime.bigint()
  const downloaded = await wire.count('the download', 60_000)
  const end = process.hrtime.bigint()
  return { uploaded: up, downloaded, upload_us: Number(sent - start) / 1000, download_us: Number(end - sent) / 1000 }
}
