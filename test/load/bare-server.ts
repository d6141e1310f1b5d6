import { createServer } from 'node:http'

/**
 * The least a Node server can do: it sends the same bytes for every request. Started as a process of its own with the
 * status, the headers and the body as JSON on standard input; prints its port.
 */
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const { headers, body } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
  headers: Record<string, string>
  body: string
}
const bytes = Buffer.from(body)
const server = createServer((_request, response) => {
  response.writeHead(200, { ...headers, 'content-length': bytes.length })
  response.end(bytes)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))
