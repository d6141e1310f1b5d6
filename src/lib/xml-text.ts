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
