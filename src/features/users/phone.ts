/**
 * A number in the form of E.164 (`+4971112345678`), or undefined when it is none. Without a region the country's code is
 * needed. The tables of the world's numbers are large, so they are loaded with the first number.
 */
export async function phoneNumber(value: string, region: string | undefined): Promise<string | undefined> {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import('libphonenumber-js/max')
  const known = region !== undefined && isSupportedCountry(region) ? { defaultCountry: region } : {}
  const parsed = parsePhoneNumberFromString(value, { ...known, extract: false })
  return parsed?.isValid() === true && parsed.ext === undefined ? parsed.number : undefined
}

/** Whether it is a country's two letters, in capitals, that has phone numbers. */
export async function isPhoneRegion(region: string): Promise<boolean> {
  const { isSupportedCountry } = await import('libphonenumber-js/max')
  return isSupportedCountry(region)
}
