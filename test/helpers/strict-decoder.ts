/** Says what is wrong with a value, each line with the path of the part at fault; empty when it can be decoded. */
export type Rule = (value: unknown, path: string) => string[]

const be =
  (isRight: (value: unknown) => boolean, what: string): Rule =>
  (value, path) =>
    isRight(value) ? [] : [`${path || 'the document'} must be ${what}, it is ${JSON.stringify(value)?.slice(0, 60)}`]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const OPTIONAL = new WeakSet<Rule>()

const each =
  (rule: Rule): Rule =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => rule(one, `${path}[${index}]`))
      : [`${path} must be an array, it is ${JSON.stringify(value)?.slice(0, 60)}`]

const text = be((value) => typeof value === 'string', 'a string')

/** Types as clients declare them. An object may have keys that its rule does not know; clients skip those. */
export const rules = {
  text,
  int: be((value) => Number.isSafeInteger(value), 'an integer'),
  bool: be((value) => typeof value === 'boolean', 'a boolean'),
  each,
  texts: each(text),
  maybe(rule: Rule): Rule {
    const optional: Rule = (value, path) => rule(value, path)
    OPTIONAL.add(optional)
    return optional
  },
  object:
    (fields: Readonly<Record<string, Rule>>): Rule =>
    (value, path) => {
      if (!isObject(value)) return [`${path || 'the document'} must be an object, it is ${JSON.stringify(value)}`]
      return Object.entries(fields).flatMap(([name, rule]) => {
        if (value[name] === undefined) return OPTIONAL.has(rule) ? [] : [`${path}.${name} is missing`]
        return rule(value[name], `${path}.${name}`)
      })
    },
}

export function problemsOf(rule: Rule, document: unknown): string[] {
  return rule(document, '')
}
