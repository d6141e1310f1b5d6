import type { FastifyRequest } from 'fastify'
import { acceptedLanguage, type Language, languageOfTag } from '../lib/languages.ts'
import type { AccountViewer } from './viewer.ts'

/** What the account has chosen, else what its program asks for, else English. */
export function languageFor(viewer: AccountViewer, request: FastifyRequest): Language {
  return languageOfTag(viewer.language) ?? languageAskedFor(request)
}

/** The same for an answer that is given whoever asks, and whether or not that is known yet. */
export function languageOf(request: FastifyRequest): Language {
  const viewer = request.knownViewer
  return viewer !== undefined && 'kind' in viewer && viewer.kind === 'account'
    ? languageFor(viewer, request)
    : languageAskedFor(request)
}

function languageAskedFor({ headers }: FastifyRequest): Language {
  return acceptedLanguage(headers['accept-language']) ?? 'en'
}
