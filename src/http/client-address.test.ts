import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clientAddressOf, plainAddress, trustedProxies } from './client-address.ts'

const isTrusted = trustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])

describe('the address of a client', () => {
  for (const [what, peer, forwarded, expected] of [
    ['nobody forwards', '192.0.2.1', undefined, '192.0.2.1'],
    ['IPv4 inside IPv6 is IPv4', '::ffff:192.0.2.1', undefined, '192.0.2.1'],
    ['a stranger’s header counts for nothing', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['a proxy names the client', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['a proxy seen as IPv4 inside IPv6', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['a chain of our own proxies', '127.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
    [
      'what the client wrote itself stands before what the proxy saw',
      '10.1.2.3',
      '1.1.1.1, 203.0.113.9',
      '203.0.113.9',
    ],
    ['only our own proxies', '10.1.2.3', '10.0.0.9', '10.0.0.9'],
    ['rubbish ends the chain', '10.1.2.3', '203.0.113.9, rubbish', '10.1.2.3'],
    ['empty', '10.1.2.3', '', '10.1.2.3'],
    ['with a port', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv6 in brackets with a port', '2001:db8::1', '[2a00:1450::5]:443', '2a00:1450::5'],
  ] as const) {
    test(what, () => assert.equal(clientAddressOf(peer, forwarded, isTrusted), expected))
  }

  test('without trusted proxies nobody is one', () => {
    assert.equal(clientAddressOf('127.0.0.1', '203.0.113.9', trustedProxies([])), '127.0.0.1')
  })

  test('what is no address is none', () => {
    for (const text of ['', 'localhost', '999.1.1.1', "1.1.1.1'; --", 'a'.repeat(5_000)]) {
      assert.equal(plainAddress(text), undefined)
    }
  })
})
