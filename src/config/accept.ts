import ipaddr from 'ipaddr.js'

/** Each of these throws an Error whose message completes 'CLOUDLET_X ...': what the value must be. */

export function acceptText(text: string): string {
  if (text.trim() === '') throw new Error('must not be empty')
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
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.host === '') {
    throw new Error('must be an address such as https://cloud.example.org')
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Error('must have nothing behind the host: Cloudlet cannot be served below a path')
  }
  return url.origin
}

export function acceptOrigins(text: string): readonly string[] {
  return listOf(text).map(acceptOrigin)
}

const LOOPBACK = ['127.0.0.0/8', '::1']

export function acceptNetworks(text: string): readonly string[] {
  return listOf(text).flatMap((entry) => {
    if (entry === 'loopback') return LOOPBACK
    if (!isNetwork(entry)) throw new Error(`must be addresses or networks such as 10.0.0.0/8; "${entry}" is none`)
    return [entry]
  })
}

function isNetwork(entry: string): boolean {
  return entry.includes('/') ? ipaddr.isValidCIDR(entry) : ipaddr.isValid(entry)
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
