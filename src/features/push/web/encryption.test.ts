import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { decrypt } from '../../../../test/helpers/push-service.ts'
import { encryptFor, MAX_TEXT_BYTES, PADDED_BYTES } from './encryption.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url')

describe('encryption for web push', () => {
  // RFC 8291 section 5 and appendix A.
  const example = {
    text: 'When I grow up, I want to be a watermelon',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    receiverPrivate: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
    receiverPublic: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
    salt: 'DGv6ra1nlYgDCS1FRnbzlw',
    message:
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  }

  test('makes the message of the RFC byte for byte', async () => {
    const privateKey = createECDH('prime256v1')
    privateKey.setPrivateKey(bytes(example.senderPrivate))
    const recipient = { p256dh: example.receiverPublic, auth: example.auth }
    const ephemeral = { privateKey, salt: bytes(example.salt) }
    const message = await encryptFor(recipient, example.text, { paddedBytes: 0, ephemeral })
    assert.equal(message.toString('base64url'), example.message)
  })

  test('the subscriber of the tests reads the message of the RFC', () => {
    const key = createECDH('prime256v1')
    key.setPrivateKey(bytes(example.receiverPrivate))
    assert.equal(decrypt(bytes(example.message), key, bytes(example.auth)), example.text)
  })

  test('says nothing by its length, and is one record of at most 4096 bytes (recording notifications-webpush)', async () => {
    const key = createECDH('prime256v1')
    const auth = randomBytes(16)
    const recipient = { p256dh: key.generateKeys().toString('base64url'), auth: auth.toString('base64url') }
    for (const text of ['{}', 'ä'.repeat(100), 'x'.repeat(MAX_TEXT_BYTES)]) {
      const message = await encryptFor(recipient, text)
      assert.equal(message.length, 2_922)
      assert.equal(message.length, PADDED_BYTES + 86 + 16)
      assert.equal(decrypt(message, key, auth), text)
    }
    assert.notDeepEqual(await encryptFor(recipient, '{}'), await encryptFor(recipient, '{}'))
  })
})
