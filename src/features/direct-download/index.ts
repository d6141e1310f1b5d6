import type { DavMount } from '../../dav/tree.ts'
import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import type { Contents } from '../files/index.ts'
import { createDirectMount } from './dav.ts'
import { directLinksMigration } from './migrations/20261126-direct-links.ts'
import { directLinkFolderMigration } from './migrations/20261202-direct-link-folder.ts'
import { directLinkCredentialMigration } from './migrations/20261205-direct-link-credential.ts'
import { directSources } from './notifications.ts'
import { makeDirectLink } from './routes.ts'
import { createDirectLinks, type DirectLinksDeps } from './service.ts'

export const directLinksMigrations: readonly Migration[] = [
  directLinksMigration,
  directLinkFolderMigration,
  directLinkCredentialMigration,
]

export interface DirectDownload {
  readonly mount: DavMount
  readonly feature: Feature
}

/** Links to single files for programs that know no credentials. */
export function createDirectDownload(deps: DirectLinksDeps & { readonly contents: Contents }): DirectDownload {
  const links = createDirectLinks(deps)
  return {
    mount: createDirectMount(links, deps.contents),
    feature: {
      name: 'direct-download',
      ocs: [makeDirectLink(links)],
      notificationSources: directSources(deps),
      sweep: links.sweep,
    },
  }
}
