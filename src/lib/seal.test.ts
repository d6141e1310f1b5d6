import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeal } from './seal.ts'

test('a sealed text is opened with the same secret, purpose and place alone, and only unchanged', () => {
  const seal = createSeal('secret', 'codes')
  const sealed = seal.seal('JBSWY3DP', 'account 1')
  assert.equal(seal.open(sealed, 'account 1'), 'JBSWY3DP')
  assert.ok(!Buffer.from(sealed, 'base64url').includes('JBSWY3DP'))
  assert.notEqual(seal.seal('JBSWY3DP', 'account 1'), sealed)
  assert.throws(() => seal.open(sealed, 'account 2'))
  assert.throws(() => createSeal('secret', 'other').open(sealed, 'account 1'))
  assert.throws(() => createSeal('other', 'codes').open(sealed, 'account 1'))
  for (const wrong of ['', 'AAAA', `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`]) {
    assert.throws(() => seal.open(wrong, 'account 1'))
  }
})
