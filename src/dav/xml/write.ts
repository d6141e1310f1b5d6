import { escapeAttribute } from '../../lib/xml-text.ts'

/** Where a Clark name divides: a namespace may hold braces, a local name never does. */
export function splitName(name: string): { readonly namespace: string; readonly local: string } {
  const close = name.lastIndexOf('}')
  return { namespace: name.slice(1, close), local: name.slice(close + 1) }
}

/** Prefixes that clients match literally (field experience with the iOS client). */
export const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['DAV:', 'd'],
  ['http://sabredav.org/ns', 's'],
  ['http://owncloud.org/ns', 'oc'],
  ['http://nextcloud.org/ns', 'nc'],
])

/** Declared at the root of every answer but errors, so that what is inside needs no declaration of its own. */
export const NAMESPACES = [...PREFIXES].map(([namespace, prefix]) => ` xmlns:${prefix}="${namespace}"`).join('')

export const MULTISTATUS_START = `<?xml version="1.0"?>\n<d:multistatus${NAMESPACES}`

/** Tags of one document: namespaces without a prefix of their own are counted `x1`, `x2`, ... as they appear. */
export class Tags {
  readonly #others = new Map<string, string>()

  /** What stands inside the angle brackets of a start tag, for a name such as `{DAV:}getetag`. */
  start(name: string): string {
    const { namespace, local } = splitName(name)
    const prefix = PREFIXES.get(namespace)
    if (namespace === '') return `${local} xmlns=""`
    if (prefix !== undefined) return `${prefix}:${local}`
    const counted = this.#counted(namespace)
    return `${counted}:${local} xmlns:${counted}="${escapeAttribute(namespace)}"`
  }

  /** What stands inside an end tag. */
  end(name: string): string {
    const { namespace, local } = splitName(name)
    if (namespace === '') return local
    return `${PREFIXES.get(namespace) ?? this.#counted(namespace)}:${local}`
  }

  /** An element with inner XML; empty inner XML makes an empty element. */
  element(name: string, inner: string): string {
    return inner === '' ? `<${this.start(name)}/>` : `<${this.start(name)}>${inner}</${this.end(name)}>`
  }

  #counted(namespace: string): string {
    let prefix = this.#others.get(namespace)
    if (prefix === undefined) {
      prefix = `x${this.#others.size + 1}`
      this.#others.set(namespace, prefix)
    }
    return prefix
  }
}
