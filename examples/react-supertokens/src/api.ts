import { environment } from './environment';

/** An answer other than 2xx. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    path: string,
  ) {
    super(`${path} answered ${String(status)}`);
  }
}

/** Calls the demo's API. `Session.init` has made `fetch` carry the session there, and refresh it. */
async function call(path: string, method: 'GET' | 'POST'): Promise<unknown> {
  const response = await fetch(environment.apiDomain + path, { method });
  if (!response.ok) {
    throw new ApiError(response.status, path);
  }
  return response.json();
}

/** The signed-in person. */
export interface Profile {
  email: string;
  /** Milliseconds since the Unix epoch. */
  timeJoined: number;
}

export async function getProfile(): Promise<Profile> {
  return (await call('/profile', 'GET')) as Profile;
}

/** @returns how many likes the person has given. */
export async function likeComment(): Promise<number> {
  return ((await call('/like-comment', 'POST')) as { likes: number }).likes;
}

/** Ends all of the person's sessions. @returns how many there were. */
export async function signOutEverywhere(): Promise<number> {
  return ((await call('/sign-out-everywhere', 'POST')) as { sessions: number }).sessions;
}
