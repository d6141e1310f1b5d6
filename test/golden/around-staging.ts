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

async function asAlice(
  app: TestApp,
  method: string,
  url: string,
  body?: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const as = ['alice', PASSWORDS['alice'] ?? ''] as const
  const answer = await app.request({ method, url, as, headers, ...(body === undefined ? {} : { body }) })
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`)
}

/** Alice and Bob as the recording of profiles found them. */
export const betweenAround: Between = {
  async ''(app) {
    const { accounts } = app.features
    const alice = (await accounts.get('alice')).row.id
    await app.db.write((tx) =>
      tx
        .insertInto('account_property')
        .values({
          account_id: alice,
          name: 'additional_mail',
          position: 0,
          value: 'third@example.com',
          scope: 'v2-local',
        })
        .execute(),
    )
    for (const [key, value] of Object.entries({
      website: '',
      biography: 'Line one\nLine two',
      headline: 'Hello there',
      organisation: 'Example Inc',
      role: 'Engineer',
      pronouns: 'she/her',
      phone: '+4971112345678',
      phoneScope: 'v2-private',
      fediverse: '@alice@example.social',
      bluesky: 'alice.bsky.social',
      timezone: 'Europe/Berlin',
    })) {
      const body = new URLSearchParams({ key, value }).toString()
      await asAlice(app, 'PUT', '/ocs/v2.php/cloud/users/alice', body, {
        'ocs-apirequest': 'true',
        'content-type': 'application/x-www-form-urlencoded',
      })
    }
  },
  async Hovercard(app) {
    app.clock.advance(57 * 60 * 1_000)
  },
}
