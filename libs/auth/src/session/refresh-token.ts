/** The SHA-256 of a refresh token, base64url. It is all that is stored of the token. */
export type RefreshTokenHash = string & { readonly __brand: 'RefreshTokenHash' };
