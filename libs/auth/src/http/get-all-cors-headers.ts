/**
 * The request headers that an app must allow besides `content-type`, for the frontend SDKs to work across origins
 * (contract §2).
 */
export function getAllCORSHeaders(): string[] {
  return ['anti-csrf', 'rid', 'fdi-version', 'authorization', 'st-auth-mode'];
}
