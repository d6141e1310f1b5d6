/** Cloudlet's own version. The same as in package.json; a test compares. */
export const CLOUDLET_VERSION = '0.1.0'

/**
 * The version of the reference server that Cloudlet says it is compatible with. Clients switch features on and off by
 * it, so it is one fixed, recent release; each change of it is tried with all clients.
 */
export const REPORTED_VERSION = {
  major: 34,
  minor: 0,
  micro: 1,
  string: '34.0.1',
  /** With the build number, as `status.php` shows it. */
  full: '34.0.1.2',
} as const

export const PRODUCT_NAME = 'Cloudlet'
