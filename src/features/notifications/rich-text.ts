/** Something that a text names and clients may show in their own way: a user, a file, or just a highlighted word. */
export interface RichParameter {
  readonly type: string
  readonly id: string
  readonly name: string
  /** `path` of a file, `link` and the like, by the type. A `link` is a path of this server, or whatever an administrator gave. */
  readonly [field: string]: string
}

export type RichParameters = Readonly<Record<string, RichParameter>>

const PLACEHOLDER = /\{([A-Za-z][\w.-]*)\}/g

/** Names of the placeholders in a text. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
}

/**
 * The text for clients that show no rich objects: a user as `@name`, everything else by its name. Each placeholder is
 * filled once, so that a name that looks like a placeholder stays what it is.
 */
export function plainText(text: string, parameters: RichParameters): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (parameter === undefined) return whole
    return parameter.type === 'user' ? `@${parameter.name}` : parameter.name
  })
}

const MAX_NAME_CHARS = 120
/** Control characters, and those that turn the direction of text around to make it look like another. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** A name from outside, such as that of a device, as a word in a text: one line, no tricks, not too long. */
export function shownName(name: string): string {
  const clean = name.replace(INVISIBLE, ' ').trim()
  return clean.length > MAX_NAME_CHARS ? `${clean.slice(0, MAX_NAME_CHARS - 1).toWellFormed()}…` : clean
}

/** A word in a text that stands for itself. */
export function highlight(id: string, name: string): RichParameter {
  return { type: 'highlight', id, name: shownName(name) }
}
