const EMPTY = Buffer.alloc(0)
const CR_LF = '\r\n'

/** Finds the ends of HTTP/1.1 answers on a connection, with as little work as possible: bodies are thrown away. */
export class ResponseReader {
  #pending: Buffer = EMPTY
  #status = 0
  /** What comes next: a head, so many bytes of a body, or the line with the size of a chunk. */
  #next: 'head' | 'body' | 'chunk' | 'size' = 'head'
  #leftBytes = 0
  #isLastChunk = false

  /** The status when an answer has ended. One at a time: the next request waits for this answer. */
  push(bytes: Buffer): number | undefined {
    let data = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    this.#pending = EMPTY
    for (;;) {
      if (this.#next === 'body' || this.#next === 'chunk') {
        const taken = Math.min(this.#leftBytes, data.length)
        this.#leftBytes -= taken
        data = data.subarray(taken)
        if (this.#leftBytes > 0) return undefined
        if (this.#next === 'body' || this.#isLastChunk) return this.#end()
        this.#next = 'size'
      }
      const mark = this.#next === 'head' ? CR_LF + CR_LF : CR_LF
      const end = data.indexOf(mark)
      if (end === -1) {
        this.#pending = data
        return undefined
      }
      const text = data.toString('latin1', 0, end)
      data = data.subarray(end + mark.length)
      if (this.#next === 'head') this.#readHead(text)
      else this.#readSize(text)
    }
  }

  #end(): number {
    this.#next = 'head'
    this.#isLastChunk = false
    return this.#status
  }

  #readHead(head: string): void {
    this.#status = Number(head.slice(9, 12))
    this.#leftBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    this.#next = /\r\ntransfer-encoding: *chunked/i.test(head) ? 'size' : 'body'
  }

  /** Every chunk ends in a line break, which is counted to it; the last one holds nothing else. */
  #readSize(line: string): void {
    const sizeBytes = Number.parseInt(line, 16)
    this.#leftBytes = sizeBytes + CR_LF.length
    this.#isLastChunk = sizeBytes === 0
    this.#next = 'chunk'
  }
}
