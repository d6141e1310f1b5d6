import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BareWork } from './processes.ts'

/**
 * The least that a Node server can do. Started as a process of its own with its work as JSON on standard input; prints
 * its port.
 */
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const work = JSON.parse(Buffer.concat(chunks).toString('utf8')) as BareWork

function answer(body: string, status: number, headers: Record<string, string>) {
  const bytes = Buffer.from(body)
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { ...headers, 'content-length': bytes.length })
    response.end(bytes)
  }
}

const SMALL_BYTES = 65_536
let count = 0

/** PUT makes a file durable under its name, GET streams it. No rights, no names, no database. */
async function serveFile(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = join(folder, encodeURIComponent(request.url ?? ''))
  if (request.method === 'GET') {
    const { size } = await stat(file)
    response.writeHead(200, { 'content-length': size })
    await pipeline(createReadStream(file, { highWaterMark: 524_288 }), response)
    return
  }
  count += 1
  const temporary = join(folder, `.${count}`)
  if (Number(request.headers['content-length']) <= SMALL_BYTES) await keepSmall(temporary, request)
  else await pipeline(request, createWriteStream(temporary, { flush: true, highWaterMark: 1_048_576 }))
  await rename(temporary, file)
  response.writeHead(201, { 'content-length': 0 }).end()
}

async function keepSmall(file: string, request: IncomingMessage): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const handle = await open(file, 'wx')
  await handle.write(Buffer.concat(pieces))
  await handle.sync()
  await handle.close()
}

const server = createServer(
  work.kind === 'answer'
    ? answer(work.body, work.status, work.headers)
    : (request, response) => void serveFile(work.folder, request, response),
)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))
