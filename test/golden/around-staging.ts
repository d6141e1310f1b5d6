import type { TestApp } from '../helpers/test-app.ts'
import { type Between, PASSWORDS } from './cast.ts'

const SQUARE = { width: 256, height: 256 }
const WIDE = { width: 256, height: 128 }
/** Length of the recorded form with the picture that is not square. */
const WIDE_FORM_BYTES = 540

/** Pictures that were uploaded are not part of the recordings: one of the same shape stands for each. */
export async function recordedPicture(body: unknown): Promise<Uint8Array | undefined> {
  const stand = body as { readonly binary?: true; readonly bytes?: number; readonly contentType?: string } | null
  if (typeof body !== 'object' || stand?.binary !== true) return undefined
  const boundary = /boundary=(\S+)/.exec(stand.contentType ?? '')?.[1] ?? ''
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="files[]"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`
  const picture = await paint(stand.bytes === WIDE_FORM_BYTES ? WIDE : SQUARE)
  return Buffer.concat([Buffer.from(head), picture, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

async function paint(size: { readonly width: number; readonly height: number }): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  return sharp({ create: { ...size, channels: 4, background: '#1e5aa080' } })
    .png()
    .toBuffer()
}

export const betweenAvatar: Between = {
  async 'From a file in the cloud: POST path'(app) {
    await asAlice(app, 'MKCOL', '/remote.php/dav/files/alice/rec')
    await asAlice(app, 'PUT', '/remote.php/dav/files/alice/rec/logo.png', await paint(WIDE))
  },
}

async function asAlice(app: TestApp, method: string, url: string, body?: string | Uint8Array): Promise<void> {
  const as = ['alice', PASSWORDS['alice'] ?? ''] as const
  const answer = await app.request({ method, url, as, ...(body === undefined ? {} : { body }) })
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`)
}
