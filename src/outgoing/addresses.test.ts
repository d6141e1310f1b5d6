import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPublicAddress } from './addresses.ts'

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  'loopback in other notations': ['2130706433', '0x7f000001', '0x7f.1', '017700000001', '0177.0.0.01'],
  unspecified: ['0.0.0.0', '0.1.2.3', '0', '::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '3232235521', '0xc0a80001', '0300.0250.0.1'],
  'shared address space': ['100.64.0.1', '100.127.255.255', '100.100.100.200'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'metadata services': ['169.254.169.254', '2852039166', '0xa9fea9fe', '168.63.129.16', 'fd00:ec2::254', '192.0.0.192'],
  'unique local': ['fc00::1', 'fdff::1', 'fec0::1'],
  'multicast and broadcast': ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
  'documentation, benchmarks and reserved': [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '192.88.99.1',
    '240.0.0.1',
    '2001:db8::1',
    '3fff::1',
    '100::1',
    '4000::1',
  ],
  'IPv4 inside IPv6': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1', '::808:808'],
  NAT64: ['64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::8.8.8.8'],
  tunnels: [
    '2002:7f00:1::1',
    '2002:808:808::1',
    '2001:0:4136:e378::1',
    '2606:4700::5efe:10.0.0.1',
    '2606:4700::200:5efe:a00:1',
  ],
  'IPv6 with a zone': ['2606:4700:4700::1111%1'],
  'no address': ['', 'localhost', '1.2.3.4.5', '256.1.1.1', '::1::', 'example.org'],
}

describe('the public Internet (bug class: SSRF through user URLs)', () => {
  for (const [what, addresses] of Object.entries(REFUSED)) {
    test(`does not hold ${what}`, () => {
      assert.deepEqual(addresses.filter(isPublicAddress), [])
    })
  }

  test('holds what is neither', () => {
    const addresses = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450::1']
    assert.deepEqual(addresses.filter(isPublicAddress), addresses)
  })

  test('is reached from hosts that have IPv6 alone', () => {
    assert.ok(isPublicAddress('64:ff9b::8.8.8.8'))
    assert.ok(isPublicAddress('::ffff:8.8.8.8'))
  })
})
