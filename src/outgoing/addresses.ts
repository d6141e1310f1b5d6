import ipaddr from 'ipaddr.js'

/** Looks public, and is how a machine in Azure reaches the platform it runs on. */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16'])

/** RFC 4291 section 2.4: all global unicast addresses that were ever given out. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** RFC 6052 section 2.1: an IPv4 address as an IPv6-only host reaches it. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Whether an address, in any notation, belongs to the public Internet. What is not known to be public is not: private,
 * shared (CGNAT), link-local (the metadata services of clouds among them), loopback, unspecified, multicast,
 * documentation and reserved ranges of the IANA's special-purpose registries, and tunnels (6to4, Teredo, ISATAP), which
 * hide the address they lead to. IPv4 written inside IPv6 counts as the IPv4 address it is.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  return isIPv4(address) ? isPublicIPv4(address) : isPublicIPv6(address)
}

function isIPv4(address: ipaddr.IPv4 | ipaddr.IPv6): address is ipaddr.IPv4 {
  return address.kind() === 'ipv4'
}

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !PLATFORM_ADDRESSES.has(address.toString())
}

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  if (address.zoneId !== undefined && address.zoneId !== '') return false
  if (address.match(NAT64)) return isPublicIPv4(new ipaddr.IPv4(address.toByteArray().slice(12)))
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast' && !isIsatap(address)
}

/** RFC 5214 section 6.1: the lower half names the IPv4 address that the tunnel leads to. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200)
}
