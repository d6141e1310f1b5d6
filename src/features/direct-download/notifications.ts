import type { EventTypes } from '../../events/catalogue.ts'
import type { NodeRow } from '../files/index.ts'
import { defineSource, highlight, type NotificationDraft, type NotificationSource } from '../notifications/index.ts'
import type {} from './events.ts'

interface DirectSourcesDeps {
  readonly findNode: (nodeId: number) => Promise<NodeRow | undefined>
}

const ICON = '/apps/notifications/img/link-dark.svg'
/** Media players open links all day: only who has asked is told. */
const TOPIC = 'direct-links'

/** What an account is told of links that open its files without credentials. */
export function directSources(deps: DirectSourcesDeps): NotificationSource[] {
  return [linkUsed(deps), linkExpiring(deps)]
}

const linkUsed = (deps: DirectSourcesDeps): NotificationSource =>
  defineSource({
    event: 'direct-link.used',
    kind: 'direct-download.used',
    app: 'dav',
    icon: ICON,
    topic: TOPIC,
    words: {
      en: {
        subject: 'A direct link to {file} was opened',
        subjectMany: '{count} direct links to {file} were opened',
      },
      de: {
        subject: 'Ein direkter Link zu {file} wurde geöffnet',
        subjectMany: '{count} direkte Links zu {file} wurden geöffnet',
      },
      fr: {
        subject: 'Un lien direct vers {file} a été ouvert',
        subjectMany: '{count} liens directs vers {file} ont été ouverts',
      },
    },
    draft: (link) => draftOf(deps, link),
  })

const linkExpiring = (deps: DirectSourcesDeps): NotificationSource =>
  defineSource({
    event: 'direct-link.expiring',
    kind: 'direct-download.expiring',
    app: 'dav',
    icon: ICON,
    topic: TOPIC,
    words: {
      en: {
        subject: 'A direct link to {file} expires within two hours',
        subjectMany: '{count} direct links to {file} expire within two hours',
      },
      de: {
        subject: 'Ein direkter Link zu {file} läuft in weniger als zwei Stunden ab',
        subjectMany: '{count} direkte Links zu {file} laufen in weniger als zwei Stunden ab',
      },
      fr: {
        subject: 'Un lien direct vers {file} expire dans moins de deux heures',
        subjectMany: '{count} liens directs vers {file} expirent dans moins de deux heures',
      },
    },
    draft: (link) => draftOf(deps, link),
  })

async function draftOf(
  { findNode }: DirectSourcesDeps,
  { accountId, nodeId, linkDigest }: EventTypes['direct-link.used'],
): Promise<NotificationDraft | undefined> {
  const node = await findNode(nodeId)
  if (node === undefined) return undefined
  return {
    accountId,
    object: { type: 'files', id: String(node.id) },
    parameters: { file: highlight(String(node.id), node.name) },
    ref: `link:${linkDigest}`,
  }
}
