import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { loadConfig } from './load.ts'
import { acceptMailAddress, acceptSmtp } from './smtp.ts'

const PUBLIC_URL = 'https://cloud.example.org'

describe('the setting of the mail server', () => {
  test('scheme, port, name and password are taken apart', () => {
    assert.deepEqual(acceptSmtp('smtps://cloud%40example.org:p%3A%25w@mail.example.org'), {
      host: 'mail.example.org',
      port: 465,
      isTls: true,
      tls: 'required',
      user: 'cloud@example.org',
      password: 'p:%w',
    })
    const relay = acceptSmtp('smtp://[::1]:25/?tls=off')
    assert.deepEqual([relay.host, relay.port, relay.isTls, relay.tls, relay.user], ['::1', 25, false, 'off', undefined])
    assert.equal(acceptSmtp('smtp://mail.lan').tls, 'if-offered')
    assert.equal(acceptSmtp('smtp://mail.lan').port, 587)
  })

  test('a password goes in the open to this machine alone', () => {
    assert.equal(acceptSmtp('smtp://a:b@mail.example.org').tls, 'required')
    assert.equal(acceptSmtp('smtp://a:b@127.0.0.1').tls, 'if-offered')
    assert.equal(acceptSmtp('smtp://a:b@localhost?tls=off').tls, 'off')
    assert.throws(() => acceptSmtp('smtp://a:b@mail.example.org?tls=off'), /without TLS/)
    assert.throws(() => acceptSmtp('smtp://a:b@127.example.org?tls=off'), /without TLS/)
  })

  for (const [text, says] of [
    ['mail.example.org', /must be smtps:/],
    ['http://a:opensesame@mail.example.org', /must be smtps:/],
    ['smtp://mail.example.org/path', /must be smtps:/],
    ['smtp://a:opensesame%zz@mail.example.org', /written as %25/],
    ['smtp://mail.example.org?verify=no', /tls=off alone/],
    ['smtps://mail.example.org?tls=off', /tls=off alone/],
    ['smtps://a:opensesame@mail.example.org', /needs CLOUDLET_PUBLIC_URL/],
  ] as const) {
    test(`${text} is refused, and the message does not hold the password`, () => {
      const env = {
        CLOUDLET_SMTP_URL: text,
        ...(String(says).includes('PUBLIC') ? {} : { CLOUDLET_PUBLIC_URL: PUBLIC_URL }),
      }
      assert.throws(
        () => loadConfig({ env, flags: {} }),
        (error) => error instanceof Fault && says.test(error.message) && !error.message.includes('opensesame'),
      )
    })
  }

  test('the sender is an address alone', () => {
    assert.equal(acceptMailAddress('cloud@example.org'), 'cloud@example.org')
    for (const text of ['Cloud <cloud@example.org>', 'cloud', 'a@b\r\nBcc: c@d', 'a@b,c@d']) {
      assert.throws(() => acceptMailAddress(text), /a mail address/)
    }
  })
})
