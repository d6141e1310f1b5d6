import { globSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

export interface Source {
  /** Below the project's folder, with `/`. */
  readonly file: string
  readonly text: string
}

const ROOT = join(import.meta.dirname, '../..')

/** Every TypeScript file that matches, in the order of their names. */
export function readSources(pattern: string): Source[] {
  return globSync(pattern, { cwd: ROOT })
    .toSorted()
    .map((file) => ({ file: file.replaceAll(sep, '/'), text: readFileSync(join(ROOT, file), 'utf8') }))
}

export interface Found {
  readonly file: string
  /** The groups of the pattern, the whole match first. */
  readonly match: RegExpExecArray
  /** `src/a.ts:12: the line`, for the message of a failed test. */
  readonly where: string
}

/** Every place in these files that matches. Lines that are comments do not count. */
export function findIn(sources: readonly Source[], pattern: RegExp): Found[] {
  const everywhere = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`)
  return sources.flatMap(({ file, text }) =>
    [...text.matchAll(everywhere)].flatMap((match) => {
      const before = text.slice(0, match.index).split('\n')
      const line = `${before.at(-1)}${text.slice(match.index).split('\n', 1)[0]}`.trim()
      if (/^(?:\/\/|\/?\*)/.test(line)) return []
      return [{ file, match, where: `${file}:${before.length}: ${line}` }]
    }),
  )
}

export interface Import {
  readonly from: string
  readonly to: string
  readonly where: string
}

/** Imports between the project's own files, of types and dynamic ones too. */
export function importsOf(sources: readonly Source[]): Import[] {
  return findIn(sources, /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/).map(({ file, match, where }) => ({
    from: file,
    to: join(dirname(file), match[1] ?? '').replaceAll(sep, '/'),
    where,
  }))
}

export interface FoundFunction {
  readonly name: string
  readonly lines: number
  readonly where: string
}

const FUNCTION = /^( *)(?:export )?(?:async )?function\*? (\w+)/
const ARROW = /^( *)(?:export )?const (\w+)\b.*=> \{$/
const METHOD = /^( +)(?:async |get |set |\*)*(?!(?:if|for|while|switch|catch)\b)(\w+)(?:<[^(]*>)?\([^=]*\)(?:: .+)? \{$/

/**
 * Functions, methods and named arrow functions with their lengths. It trusts the formatter: each ends at the first
 * line that is a closing brace as far in as its first line.
 */
export function functionsOf({ file, text }: Source): FoundFunction[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const [, indent, name] = FUNCTION.exec(line) ?? ARROW.exec(line) ?? METHOD.exec(line) ?? []
    if (indent === undefined || name === undefined) return []
    const ends = [`${indent}}`, `${indent}},`, `${indent}})`]
    const end = lines.findIndex((later, at) => at > index && ends.includes(later))
    return end === -1 ? [] : [{ name, lines: end - index + 1, where: `${file}:${index + 1}: ${name}` }]
  })
}
