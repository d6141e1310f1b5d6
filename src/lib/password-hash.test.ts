import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashPassword, NOBODYS_HASH, verifyPassword } from './password-hash.ts'

describe('password hashes', () => {
  test('belong to their password alone, and no two are the same', async () => {
    const hash = await hashPassword('Pässwörter ☁')
    assert.match(hash, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$/)
    assert.equal(await verifyPassword(hash, 'Pässwörter ☁'), true)
    assert.equal(await verifyPassword(hash, 'Pässwörter'), false)
    assert.equal(await verifyPassword(hash, ''), false)
    assert.notEqual(await hashPassword('Pässwörter ☁'), hash)
  })

  test('nobody’s hash, and one that cannot be read, belong to no password', async () => {
    for (const hash of [NOBODYS_HASH, '', '$argon2id$', '$2y$10$abcdefghijklmnopqrstuv', `${NOBODYS_HASH}!`]) {
      for (const password of ['', 'password', hash]) assert.equal(await verifyPassword(hash, password), false)
    }
  })

  test('a hash made with other costs is still verified', async () => {
    // Argon2id test vector of our own, m=8 MiB t=1: made once with node:crypto.
    const { argon2Sync } = await import('node:crypto')
    const nonce = Buffer.alloc(16, 7)
    const tag = argon2Sync('argon2id', {
      message: 'old',
      nonce,
      parallelism: 1,
      memory: 8_192,
      passes: 1,
      tagLength: 32,
    })
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
    const hash = `$argon2id$v=19$m=8192,t=1,p=1$${text(nonce)}$${text(tag)}`
    assert.equal(await verifyPassword(hash, 'old'), true)
    assert.equal(await verifyPassword(hash, 'new'), false)
  })
})
