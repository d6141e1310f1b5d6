import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loggedPath } from './logged-path.ts'

const SECRET = 'i2sFvIOjiXBisASwSAoee24byYwdYrO36flZmFh50kPHregrom2dMwwCou2f'

test('a log shows paths without queries and without secrets', () => {
  for (const [url, shown] of [
    ['/ocs/v2.php/cloud/user?token=secret', '/ocs/v2.php/cloud/user'],
    ['/', '/'],
    [`/remote.php/direct/${SECRET}`, '/remote.php/direct/i2sF…'],
    [`/login/v2/flow/${SECRET}?user=a`, '/login/v2/flow/i2sF…'],
    [`/remote.php/dav/uploads/alice/${SECRET}/1`, '/remote.php/dav/uploads/alice/i2sF…/1'],
    ['/remote.php/dav/files/alice/a-long-name-of-a-file.txt', '/remote.php/dav/files/alice/a-long-name-of-a-file.txt'],
  ] as const) {
    assert.equal(loggedPath(url), shown)
  }
})
