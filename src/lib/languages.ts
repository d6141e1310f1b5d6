/** Languages in which Cloudlet speaks to people. */
export const LANGUAGES = ['en', 'de', 'fr'] as const

export type Language = (typeof LANGUAGES)[number]

/** The same in each of them. */
export type Message = Readonly<Record<Language, string>>

/** Messages of a feature by name. One with values in it is a function of them. */
export type Messages = Readonly<Record<string, Message | ((...values: never[]) => Message)>>

/** The language for a tag as accounts have it: `de`, `de_DE`, `pt-BR`. undefined: none of ours. */
export function languageOfTag(tag: string): Language | undefined {
  const [primary = ''] = tag.toLowerCase().split(/[_-]/)
  return LANGUAGES.find((language) => language === primary)
}

/** The first language of an `Accept-Language` header that is one of ours, in the order of its weights. */
export function acceptedLanguage(header: string | undefined): Language | undefined {
  for (const tag of preferred(header ?? '')) {
    const language = languageOfTag(tag)
    if (language !== undefined) return language
  }
  return undefined
}

/** RFC 9110 section 12.5.4. */
function preferred(header: string): string[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
      const weight = parameters.find((parameter) => parameter.trim().startsWith('q='))
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight.trim().slice(2)) || 0 }
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
