/** What `GET /sessioninfo` answers, as far as the page shows it. */
export interface SessionInfo {
  sessionHandle: string;
  userId: string;
  accessTokenPayload: Readonly<Record<string, unknown>>;
}

/** An answer of the API that is not a success. */
export class ApiError extends Error {
  constructor(readonly status: number) {
    super(`The API answered ${String(status)}`);
  }
}

/** Calls the API; the session travels with `fetch`. @throws ApiError if the answer is not a success. */
async function call(method: 'GET' | 'POST', path: string): Promise<Record<string, unknown>> {
  const response = await fetch(path, { method });
  if (!response.ok) {
    throw new ApiError(response.status);
  }
  const body: unknown = await response.json();
  if (!isRecord(body)) {
    throw new Error(`${path} answered something else than an object`);
  }
  return body;
}

/** Reads the session that this browser has. */
export async function getSessionInfo(): Promise<SessionInfo> {
  const { sessionHandle, userId, accessTokenPayload } = await call('GET', '/sessioninfo');
  return {
    sessionHandle: String(sessionHandle),
    userId: String(userId),
    accessTokenPayload: isRecord(accessTokenPayload) ? accessTokenPayload : {},
  };
}

/** The email address of the signed-in person. */
export async function getEmail(): Promise<string> {
  return String((await call('GET', '/profile'))['email']);
}

/** Likes the comment. @returns how often this person has liked it. */
export async function likeComment(): Promise<number> {
  return Number((await call('POST', '/like-comment'))['likes']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
