import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runIn } from '../../../test/helpers/run-command.ts'
import { headersOf, startMailServer, type TestMailServer, textOf } from '../../../test/helpers/smtp.ts'
import { createTestApp } from '../../../test/helpers/test-app.ts'
import { trustTestCertificate } from '../../../test/helpers/tls.ts'
import { acceptSmtp } from '../../config/smtp.ts'
import { silentLog } from '../../lib/log.ts'
import { createMailer, type Letter, type Mailer } from './mailer.ts'

trustTestCertificate()

const LETTER: Letter = {
  to: 'alice@example.com',
  toName: 'Alice Example',
  subject: 'Grüße',
  language: 'en',
  paragraphs: ['One paragraph.', 'Another <b>with</b> marks.'],
  action: { label: 'Open', url: 'https://cloud.example.org/login/password/abc' },
}

function mailerFor(url: string, siteName = 'Cloud & Co'): Mailer {
  return createMailer({
    smtp: acceptSmtp(url),
    mailFrom: 'cloud@example.org',
    publicUrl: 'https://cloud.example.org',
    siteName: async () => siteName,
    log: silentLog,
  })
}

async function withServer(
  options: Parameters<typeof startMailServer>[0],
  run: (server: TestMailServer) => Promise<void>,
): Promise<void> {
  const server = await startMailServer(options)
  try {
    await run(server)
  } finally {
    await server.close()
  }
}

describe('mail', () => {
  test('a letter arrives with its headers, as text and as HTML in which nothing of it is markup', () =>
    withServer({}, async (server) => {
      assert.equal(await mailerFor(`smtp://127.0.0.1:${server.port}`).send(LETTER), true)
      const [letter] = server.letters
      assert.ok(letter !== undefined)
      assert.deepEqual([letter.from, letter.to], ['cloud@example.org', ['alice@example.com']])
      const headers = headersOf(letter)
      assert.deepEqual(headers.get('from'), ['"Cloud & Co" <cloud@example.org>'])
      assert.deepEqual(headers.get('to'), ['Alice Example <alice@example.com>'])
      assert.deepEqual(headers.get('auto-submitted'), ['auto-generated'])
      assert.match(headers.get('message-id')?.[0] ?? '', /@example\.org>$/)
      const text = textOf(letter)
      assert.match(text, /One paragraph\./)
      assert.match(text, /Another <b>with<\/b> marks\.\r?\n/)
      assert.match(text, /<p>Another &lt;b&gt;with&lt;\/b&gt; marks\.<\/p>/)
      assert.match(text, /href="https:\/\/cloud\.example\.org\/login\/password\/abc"/)
      assert.doesNotMatch(text, /<img|<script|src=/)
    }))

  test('no name, title or address begins another header (bug class: header injection)', () =>
    withServer({}, async (server) => {
      const evil = 'x\r\nBcc: mallory@example.com\r\n\r\nhidden\u2028more'
      const mailer = mailerFor(`smtp://127.0.0.1:${server.port}`, evil)
      await mailer.send({ ...LETTER, subject: evil, toName: evil, paragraphs: [evil] })
      for (const to of ['a@example.com\r\nBcc: mallory@example.com', 'a@example.com, mallory@example.com']) {
        await mailer.send({ ...LETTER, to }).catch(() => {})
      }
      for (const letter of server.letters) {
        assert.ok(!letter.to.includes('mallory@example.com'), letter.to.join())
        assert.equal(headersOf(letter).has('bcc'), false)
        assert.deepEqual(headersOf(letter).get('subject')?.length, 1)
      }
      assert.ok(server.letters.length > 0)
    }))

  test('over TLS from the beginning, over STARTTLS, and never a password in the open', async () => {
    for (const [tls, scheme] of [
      ['immediate', 'smtps'],
      ['starttls', 'smtp'],
    ] as const) {
      await withServer({ tls, password: 'p:a@ss' }, async (server) => {
        await mailerFor(`${scheme}://cloud:p%3Aa%40ss@localhost:${server.port}`).send(LETTER)
        assert.deepEqual(
          server.letters.map(({ wasEncrypted, user }) => [wasEncrypted, user]),
          [[true, 'cloud']],
        )
        await assert.rejects(mailerFor(`${scheme}://cloud:wrong@localhost:${server.port}`).send(LETTER), {
          kind: 'unavailable',
        })
      })
    }
    assert.equal(acceptSmtp('smtp://cloud:secret@mail.example.org').tls, 'required')
    assert.throws(() => acceptSmtp('smtp://cloud:secret@mail.example.org?tls=off'), /without TLS/)
  })

  test('what the server refuses for now is tried again by its job; what it refuses for good is not', () =>
    withServer({}, async (server) => {
      const mailer = mailerFor(`smtp://127.0.0.1:${server.port}`)
      for (const at of ['rcpt', 'data'] as const) {
        server.refusals.push({ at, code: 451 })
        await assert.rejects(mailer.send(LETTER), { kind: 'unavailable' })
        server.refusals.push({ at, code: 550 })
        assert.equal(await mailer.send(LETTER), false)
      }
      assert.equal(server.letters.length, 0)
      await server.close()
      await assert.rejects(mailer.send(LETTER), { kind: 'unavailable' })
    }))

  test('mail:test says what the mail server said', () =>
    withServer({}, async (server) => {
      const env = {
        CLOUDLET_SMTP_URL: `smtp://127.0.0.1:${server.port}`,
        CLOUDLET_PUBLIC_URL: 'https://cloud.example.org',
      }
      const app = await createTestApp({ env })
      try {
        const sent = await runIn(app, 'mail:test', 'ops@example.com', '--output=json')
        assert.deepEqual([sent.code, JSON.parse(sent.out)], [0, { address: 'ops@example.com', sent: true }])
        assert.deepEqual(server.letters[0]?.from, 'cloudlet@cloud.example.org')
        server.refusals.push({ at: 'rcpt', code: 550 })
        assert.equal((await runIn(app, 'mail:test', 'ops@example.com')).code, 1)
        assert.equal((await runIn(app, 'mail:test', 'ops')).code, 2)
      } finally {
        await app.close()
      }
      const without = await createTestApp()
      try {
        const { code, out } = await runIn(without, 'mail:test', 'ops@example.com')
        assert.equal(code, 2)
        assert.match(out, /CLOUDLET_SMTP_URL/)
      } finally {
        await without.close()
      }
    }))
})
