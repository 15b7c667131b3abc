import { FDI_VERSIONS } from '../http/fdi-version.js';
import { toUserResponse } from './user-response.js';
import type { EmailPasswordLoginMethod, ThirdPartyLoginMethod, User } from './user.js';

const emailPassword: EmailPasswordLoginMethod = {
  recipeId: 'emailpassword',
  recipeUserId: 'user-1',
  tenantIds: ['public'],
  email: 'ada@example.com',
  verified: false,
  timeJoined: 1000,
};
const google: ThirdPartyLoginMethod = {
  recipeId: 'thirdparty',
  recipeUserId: 'user-2',
  tenantIds: ['public'],
  email: 'ada@example.com',
  verified: true,
  timeJoined: 2000,
  thirdParty: { id: 'google', userId: 'g-1' },
};
const github: ThirdPartyLoginMethod = {
  ...google,
  recipeUserId: 'user-3',
  email: 'ada@example.org',
  timeJoined: 3000,
  thirdParty: { id: 'github', userId: '42' },
};

function userWith(...loginMethods: User['loginMethods']): User {
  return {
    id: 'user-1',
    isPrimaryUser: loginMethods.length > 1,
    tenantIds: ['public'],
    timeJoined: 1000,
    loginMethods,
  };
}

/** As JSON, because that is what a client sees: a member that is undefined is none. */
function respond(...input: Parameters<typeof toUserResponse>): unknown {
  return JSON.parse(JSON.stringify(toUserResponse(...input)));
}

describe('U', () => {
  it.each(['1.18', '1.19', '3.0', '3.1', '4.0', '4.1', '4.2'] as const)('has login methods in FDI %s', (version) => {
    expect(respond(userWith(emailPassword), 'user-1', version)).toStrictEqual({
      id: 'user-1',
      isPrimaryUser: false,
      tenantIds: ['public'],
      emails: ['ada@example.com'],
      phoneNumbers: [],
      thirdParty: [],
      webauthn: { credentialIds: [] },
      timeJoined: 1000,
      loginMethods: [
        {
          recipeId: 'emailpassword',
          recipeUserId: 'user-1',
          tenantIds: ['public'],
          email: 'ada@example.com',
          verified: false,
          timeJoined: 1000,
        },
      ],
    });
    expect(respond(userWith(emailPassword, google, github), 'user-1', version)).toStrictEqual({
      id: 'user-1',
      isPrimaryUser: true,
      tenantIds: ['public'],
      emails: ['ada@example.com', 'ada@example.org'],
      phoneNumbers: [],
      thirdParty: [
        { id: 'google', userId: 'g-1' },
        { id: 'github', userId: '42' },
      ],
      webauthn: { credentialIds: [] },
      timeJoined: 1000,
      loginMethods: [
        {
          recipeId: 'emailpassword',
          recipeUserId: 'user-1',
          tenantIds: ['public'],
          email: 'ada@example.com',
          verified: false,
          timeJoined: 1000,
        },
        {
          recipeId: 'thirdparty',
          recipeUserId: 'user-2',
          tenantIds: ['public'],
          email: 'ada@example.com',
          verified: true,
          timeJoined: 2000,
          thirdParty: { id: 'google', userId: 'g-1' },
        },
        {
          recipeId: 'thirdparty',
          recipeUserId: 'user-3',
          tenantIds: ['public'],
          email: 'ada@example.org',
          verified: true,
          timeJoined: 3000,
          thirdParty: { id: 'github', userId: '42' },
        },
      ],
    });
  });

  it.each(['1.16', '1.17', '2.0'] as const)('is flat in FDI %s', (version) => {
    const linked = userWith(emailPassword, google);
    expect(respond(linked, 'user-1', version)).toStrictEqual({
      id: 'user-1',
      email: 'ada@example.com',
      timeJoined: 1000,
    });
    expect(respond(linked, 'user-2', version)).toStrictEqual({
      id: 'user-1',
      email: 'ada@example.com',
      timeJoined: 2000,
      thirdParty: { id: 'google', userId: 'g-1' },
    });
  });

  it('shows the oldest login method in a flat answer, if the one that was used is gone', () => {
    expect(respond(userWith(emailPassword, google), 'gone', '2.0')).toStrictEqual({
      id: 'user-1',
      email: 'ada@example.com',
      timeJoined: 1000,
    });
  });

  it('names an account at a provider once, however many login methods have it', () => {
    expect(toUserResponse(userWith(google, { ...google, recipeUserId: 'user-9' }), 'user-2', '4.2')).toMatchObject({
      thirdParty: [{ id: 'google', userId: 'g-1' }],
    });
  });

  it('cannot be flat without a login method', () => {
    expect(() => toUserResponse(userWith(), 'user-1', '2.0')).toThrow('no login method');
  });

  it('is tested in every version', () => {
    expect([...FDI_VERSIONS].sort()).toStrictEqual(
      ['1.16', '1.17', '1.18', '1.19', '2.0', '3.0', '3.1', '4.0', '4.1', '4.2'].sort(),
    );
  });
});
