import type { FastifyRequest } from 'fastify'
import { acceptedLanguage, type Language, languageOfTag } from '../lib/languages.ts'
import type { AccountViewer } from './viewer.ts'

/** What the account has chosen, else what its program asks for, else English. */
export function languageFor(viewer: AccountViewer, { headers }: FastifyRequest): Language {
  return languageOfTag(viewer.language) ?? acceptedLanguage(headers['accept-language']) ?? 'en'
}
