import { isIP } from 'node:net'

/** Each of these throws an Error whose message completes 'CLOUDLET_X ...': what the value must be. */

export function acceptText(text: string): string {
  if (text.trim() === '') throw new Error('must not be empty')
  return text
}

export function acceptOptional(text: string): string {
  return text.trim()
}

export function acceptScopes(text: string): string {
  if (!text.split(' ').includes('openid')) throw new Error('must have openid among its words')
  return text
}

/** Secrets and names of people go there: in the clear only inside this machine. */
export function acceptIssuer(text: string): string {
  const url = URL.parse(text)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '')
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isHere))) {
    throw new Error('must begin with https://')
  }
  return text
}

/** An address or a host name, with no brackets and no port: the port is a setting of its own. */
export function acceptHost(text: string): string {
  if (isIP(text) === 0 && !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(text)) {
    throw new Error('must be an address or a host name, without a port')
  }
  return text
}

export function acceptPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error('must be a port number from 0 to 65535')
  return port
}

export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((known) => known === text)
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`)
    return word
  }
}

/** Scheme and host, without a path: Cloudlet has the whole host to itself. */
export function acceptOrigin(text: string): string {
  const url = parseAddress(text)
  if (!isBare(url)) {
    throw new Error('must have nothing behind the host: Cloudlet cannot be served below a path')
  }
  return url.origin
}

/** An address that others are made of by adding to its path; without a slash at its end. */
export function acceptEndpoint(text: string): string {
  const url = parseAddress(text)
  if (url.search !== '' || url.hash !== '') throw new Error('must have no question mark or # in it')
  return url.href.replace(/\/+$/, '')
}

export function acceptOrigins(text: string): readonly string[] {
  return listOf(text).map((entry) => {
    const url = parseAddress(entry)
    if (!isBare(url)) throw new Error('must be schemes and hosts with nothing behind them')
    return url.origin
  })
}

function isBare({ pathname, search, hash }: URL): boolean {
  return pathname === '/' && search === '' && hash === ''
}

function parseAddress(text: string): URL {
  // The URL class forgives what people do not mean: spaces, missing slashes, back-slashes.
  const url = /^https?:\/\/[^\s/\\]+\S*$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new Error('must be an address such as https://cloud.example.org')
  }
  return url
}

const LOOPBACK = ['127.0.0.0/8', '::1']

export function acceptNetworks(text: string): readonly string[] {
  return listOf(text).flatMap((entry) => {
    if (entry === 'loopback') return LOOPBACK
    if (!isNetwork(entry)) {
      throw new Error(`must be addresses, networks such as 10.0.0.0/8, or "loopback"; ${JSON.stringify(entry)} is none`)
    }
    return [entry]
  })
}

/** Host names, addresses and networks that requests may go to. `loopback` is this machine by its addresses. */
export function acceptDestinations(text: string): readonly string[] {
  return listOf(text).flatMap((entry) => {
    if (entry === 'loopback') return LOOPBACK
    if (isNetwork(entry) || isHostName(entry)) return [entry.toLowerCase()]
    throw new Error(
      `must be host names, addresses, networks such as 10.0.0.0/8, or "loopback"; ${JSON.stringify(entry)} is none`,
    )
  })
}

/** Host names, each with a port or without. */
export function acceptHosts(text: string): readonly string[] {
  return listOf(text).map((entry) => {
    const [host = '', port, ...more] = entry.split(':')
    if (!isHostName(host) || more.length > 0 || (port !== undefined && !/^\d{1,5}$/.test(port))) {
      throw new Error(`must be host names such as push.example.org; ${JSON.stringify(entry)} is none`)
    }
    return entry.toLowerCase()
  })
}

function isHostName(text: string): boolean {
  return /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text) && !/^[\d.]+$/.test(text)
}

/** IPv4 inside IPv6 is refused: peers of that kind are compared as the IPv4 addresses they are. */
function isNetwork(entry: string): boolean {
  const [address = '', bits, ...more] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0 || /^::ffff:/i.test(address)) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** Two letters of ISO 3166-1. */
export function acceptRegion(text: string): string {
  const region = text.toUpperCase()
  if (!/^[A-Z]{2}$/.test(region)) throw new Error('must be the two letters of a country, such as DE')
  return region
}

/** A whole number, 1 or more. */
export function acceptCount(text: string): number {
  const count = Number(text)
  if (!/^\d{1,12}$/.test(text) || count < 1) throw new Error('must be a whole number, 1 or more')
  return count
}

/** `disk`, or `s3://bucket/prefix` without a slash at its end. */
export function acceptBlobs(text: string): string {
  if (text === 'disk') return text
  const [, bucket, prefix = ''] = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:\/(.*))?$/s.exec(text) ?? []
  const segments = prefix.replace(/\/$/, '').split('/')
  const isPlain = segments.every((segment) => /^[A-Za-z0-9._-]{1,100}$/.test(segment) && !/^\.+$/.test(segment))
  if (bucket === undefined || !(isPlain || prefix.replace('/', '') === '')) {
    throw new Error(
      'must be disk, or a bucket such as s3://bucket or s3://bucket/prefix, of letters, digits, ".", "_" and "-"',
    )
  }
  return ['s3:/', bucket, ...segments].filter((part) => part !== '').join('/')
}

export function acceptYesNo(text: string): boolean {
  return oneOf(['yes', 'no'])(text) === 'yes'
}
