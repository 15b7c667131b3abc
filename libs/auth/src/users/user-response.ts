import { hasLoginMethods, type FdiVersion } from '../http/fdi-version.js';
import type { LoginMethod, RecipeId, ThirdPartyInfo, User } from './user.js';

/** A login method as clients of FDI 1.18, 1.19 and 3.0 or newer see it (contract §5). */
export interface LoginMethodResponse {
  readonly recipeId: RecipeId;
  readonly recipeUserId: string;
  readonly tenantIds: readonly string[];
  readonly email: string;
  readonly verified: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly timeJoined: number;
  readonly thirdParty?: ThirdPartyInfo;
}

/** A user as clients of FDI 1.18, 1.19 and 3.0 or newer see it (contract §5). */
export interface UserWithLoginMethodsResponse {
  readonly id: string;
  readonly isPrimaryUser: boolean;
  readonly tenantIds: readonly string[];
  readonly emails: readonly string[];
  readonly phoneNumbers: readonly string[];
  readonly thirdParty: readonly ThirdPartyInfo[];
  readonly webauthn: { readonly credentialIds: readonly string[] };
  /** Milliseconds since the Unix epoch. */
  readonly timeJoined: number;
  readonly loginMethods: readonly LoginMethodResponse[];
}

/** A user as clients of FDI 1.16, 1.17 and 2.0 see it: the login method that was used, under the user's id (contract §5). */
export interface FlatUserResponse {
  readonly id: string;
  readonly email: string;
  /** Milliseconds since the Unix epoch. */
  readonly timeJoined: number;
  readonly thirdParty?: ThirdPartyInfo;
}

/** What the contract calls U: a user in the shape of the client's FDI version. */
export type UserResponse = UserWithLoginMethodsResponse | FlatUserResponse;

/**
 * Describes a user to a client of an FDI version.
 * @param recipeUserId the login method that was used; a flat answer shows that one, or the oldest if it is gone.
 */
export function toUserResponse(user: User, recipeUserId: string, version: FdiVersion): UserResponse {
  return hasLoginMethods(version) ? withLoginMethods(user) : flat(user, recipeUserId);
}

function withLoginMethods(user: User): UserWithLoginMethodsResponse {
  const thirdParty = new Map(
    user.loginMethods
      .map(thirdPartyOf)
      .filter((info) => info !== undefined)
      .map((info) => [JSON.stringify([info.id, info.userId]), info]),
  );
  return {
    id: user.id,
    isPrimaryUser: user.isPrimaryUser,
    tenantIds: user.tenantIds,
    emails: [...new Set(user.loginMethods.map(({ email }) => email))],
    phoneNumbers: [],
    thirdParty: [...thirdParty.values()],
    webauthn: { credentialIds: [] },
    timeJoined: user.timeJoined,
    loginMethods: user.loginMethods.map((loginMethod) => ({
      recipeId: loginMethod.recipeId,
      recipeUserId: loginMethod.recipeUserId,
      tenantIds: loginMethod.tenantIds,
      email: loginMethod.email,
      verified: loginMethod.verified,
      timeJoined: loginMethod.timeJoined,
      ...thirdPartyMember(loginMethod),
    })),
  };
}

function flat(user: User, recipeUserId: string): FlatUserResponse {
  const loginMethod =
    user.loginMethods.find((candidate) => candidate.recipeUserId === recipeUserId) ?? user.loginMethods[0];
  if (loginMethod === undefined) {
    throw new TypeError(`The user ${user.id} has no login method`);
  }
  return {
    id: user.id,
    email: loginMethod.email,
    timeJoined: loginMethod.timeJoined,
    ...thirdPartyMember(loginMethod),
  };
}

function thirdPartyMember(loginMethod: LoginMethod): { thirdParty?: ThirdPartyInfo } {
  const thirdParty = thirdPartyOf(loginMethod);
  return thirdParty === undefined ? {} : { thirdParty };
}

function thirdPartyOf(loginMethod: LoginMethod): ThirdPartyInfo | undefined {
  return loginMethod.recipeId === 'thirdparty'
    ? { id: loginMethod.thirdParty.id, userId: loginMethod.thirdParty.userId }
    : undefined;
}
