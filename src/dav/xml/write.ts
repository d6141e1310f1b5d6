const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/
const ALL_SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g

/** Text for an element. Characters that XML 1.0 cannot hold become U+FFFD. */
export function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, escapeCharacter) : text
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '"':
      return '&quot;'
    case '\r':
      // As it is, a reader would take it for a line feed (XML 1.0 section 2.11).
      return '&#13;'
    default:
      return '\ufffd'
  }
}

/** Text for an attribute in double quotes: as they are, tabs and line feeds would be read as blanks. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replace(/[\t\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}

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
