import {
  EmailPasswordService,
  OutboxService,
  SessionService,
  UserService,
  type ChangePasswordInput,
  type Storage,
} from 'nestward';
import {
  createOneTimeToken,
  fingerprintCredential,
  hashOneTimeToken,
  type OneTimeTokenHash,
} from '../../libs/auth/src/one-time-token/one-time-token.js';
import { AUTH_STORAGE } from '../../libs/auth/src/storage/storage.js';
import { CHEAP_HASHING, form, getUserId, post } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { MailServer, tokenOf } from './mail-server.js';

const [OLD, NEW] = ['old-passw0rd', 'new-passw0rd'];

describe('changing what one signs in with', () => {
  let mailServer: MailServer;
  let testApp: TestApp;
  let service: EmailPasswordService;
  let sessions: SessionService;
  let emails = 0;

  beforeAll(async () => {
    mailServer = await MailServer.start();
    testApp = await startTestApp({
      auth: {
        email: mailServer.delivery,
        emailPassword: { passwordHashing: CHEAP_HASHING },
        emailVerification: { mode: 'OPTIONAL' },
      },
    });
    service = testApp.app.get(EmailPasswordService);
    sessions = testApp.app.get(SessionService);
  });

  afterAll(async () => {
    await testApp.close();
    await mailServer.stop();
  });

  const newEmail = (): string => `person-${String(++emails)}@example.com`;

  /** A person with two sessions. */
  async function signUp() {
    const email = newEmail();
    const recipeUserId = getUserId(await post(`${testApp.url}/auth/signup`, form({ email, password: OLD })));
    const [keepSessionHandle = ''] = await sessions.getAllSessionHandlesForUser(recipeUserId);
    await sessions.createNewSessionWithoutRequestResponse(recipeUserId);
    return { email, recipeUserId, keepSessionHandle };
  }

  const verify = async (token: string): Promise<unknown> =>
    (await post(`${testApp.url}/auth/user/email/verify`, { method: 'token', token })).body;
  const signIn = async (email: string, password: string): Promise<unknown> =>
    (await service.signIn(email, password)).status;

  describe('the password', () => {
    it('changes for whoever knows it, ends the other sessions, and says so by mail', async () => {
      const { email, recipeUserId, keepSessionHandle } = await signUp();
      const input = { recipeUserId, currentPassword: OLD, newPassword: NEW, keepSessionHandle };
      expect(await service.changePassword(input)).toEqual({ status: 'OK' });
      expect(await signIn(email, OLD)).toBe('WRONG_CREDENTIALS_ERROR');
      expect(await signIn(email, NEW)).toBe('OK');
      expect(await sessions.getAllSessionHandlesForUser(recipeUserId)).toEqual([keepSessionHandle]);
      expect((await mailServer.waitForMail(email)).subject).toBe('Your password for Test was changed');
    });

    it('ends all sessions where none is named', async () => {
      const { recipeUserId } = await signUp();
      await service.changePassword({ recipeUserId, currentPassword: OLD, newPassword: NEW });
      expect(await sessions.getAllSessionHandlesForUser(recipeUserId)).toEqual([]);
    });

    it('stays for whoever does not know it, or chooses a bad one', async () => {
      const { email, recipeUserId } = await signUp();
      const change = (rest: Partial<ChangePasswordInput>) =>
        service.changePassword({ recipeUserId, currentPassword: OLD, newPassword: NEW, ...rest });
      expect(await change({ currentPassword: NEW })).toEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
      expect(await change({ newPassword: 'short' })).toMatchObject({ status: 'PASSWORD_POLICY_VIOLATED_ERROR' });
      expect(await change({ recipeUserId: 'nobody' })).toEqual({ status: 'UNKNOWN_USER_ID_ERROR' });
      expect(await signIn(email, OLD)).toBe('OK');
      expect(await sessions.getAllSessionHandlesForUser(recipeUserId)).toHaveLength(2);
    });

    it('changes once of many times at the same instant', async () => {
      const { email, recipeUserId } = await signUp();
      const results = await Promise.all(
        Array.from({ length: 5 }, (_, index) =>
          service.changePassword({ recipeUserId, currentPassword: OLD, newPassword: `passw0rd-${String(index)}` }),
        ),
      );
      const won = results.findIndex(({ status }) => status === 'OK');
      expect(results.filter(({ status }) => status === 'WRONG_CREDENTIALS_ERROR')).toHaveLength(4);
      expect(await signIn(email, `passw0rd-${String(won)}`)).toBe('OK');
    });

    it('takes the worth from links that were sent before', async () => {
      const { email, recipeUserId } = await signUp();
      await post(`${testApp.url}/auth/user/password/reset/token`, form({ email }));
      const token = tokenOf(await mailServer.waitForMail(email, 'Reset'));
      await service.changePassword({ recipeUserId, currentPassword: OLD, newPassword: NEW });
      const body = { method: 'token', token, ...form({ password: OLD }) };
      expect((await post(`${testApp.url}/auth/user/password/reset`, body)).body).toEqual({
        status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR',
      });
    });
  });

  describe('the email', () => {
    it('changes when the link is followed that was sent to the new one', async () => {
      const { email, recipeUserId, keepSessionHandle } = await signUp();
      const next = newEmail();
      const input = { recipeUserId, currentPassword: OLD, newEmail: ` ${next.toUpperCase()} `, keepSessionHandle };
      expect(await service.requestEmailChange(input)).toEqual({ status: 'OK' });
      const mail = await mailServer.waitForMail(next);
      expect(mail.subject).toBe('Confirm your new address for Test');
      expect(mail.link.pathname).toBe('/auth/verify-email');
      expect(await signIn(email, OLD)).toBe('OK');

      expect(await verify(tokenOf(mail))).toEqual({ status: 'OK' });
      expect(await signIn(email, OLD)).toBe('WRONG_CREDENTIALS_ERROR');
      expect(await signIn(next, OLD)).toBe('OK');
      const user = await testApp.app.get(UserService).getUser(recipeUserId);
      expect(user?.loginMethods).toMatchObject([{ email: next, verified: true }]);
      expect(await sessions.getAllSessionHandlesForUser(recipeUserId)).toEqual([keepSessionHandle]);
      const notice = await mailServer.waitForMail(email, 'address');
      expect(notice.text).toContain(next);
      expect(await verify(tokenOf(mail))).toEqual({ status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' });
    });

    it('asks for the password, and for an address that is one and that nobody has', async () => {
      const [{ email, recipeUserId }, other] = [await signUp(), await signUp()];
      const request = (rest: object) =>
        service.requestEmailChange({ recipeUserId, currentPassword: OLD, newEmail: newEmail(), ...rest });
      expect(await request({ currentPassword: NEW })).toEqual({ status: 'WRONG_CREDENTIALS_ERROR' });
      expect(await request({ recipeUserId: 'nobody' })).toEqual({ status: 'UNKNOWN_USER_ID_ERROR' });
      expect(await request({ newEmail: 'nonsense' })).toEqual({
        status: 'EMAIL_INVALID_ERROR',
        failureReason: 'Email is invalid',
      });
      expect(await request({ newEmail: other.email })).toEqual({ status: 'EMAIL_ALREADY_EXISTS_ERROR' });
      expect(await signIn(email, OLD)).toBe('OK');
    });

    it('stays if somebody else got the address in the meantime', async () => {
      const { email, recipeUserId } = await signUp();
      const next = newEmail();
      await service.requestEmailChange({ recipeUserId, currentPassword: OLD, newEmail: next });
      const token = tokenOf(await mailServer.waitForMail(next));
      await post(`${testApp.url}/auth/signup`, form({ email: next, password: NEW }));
      expect(await verify(token)).toEqual({ status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' });
      expect(await signIn(email, OLD)).toBe('OK');
      expect(await signIn(next, NEW)).toBe('OK');
    });

    it.each(['before the mail is sent', 'after it'])(
      'stays if the owner takes a stolen account back %s',
      async (when) => {
        const { email, recipeUserId } = await signUp();
        const evil = newEmail();
        const owner = () => service.changePassword({ recipeUserId, currentPassword: OLD, newPassword: NEW });
        if (when === 'after it') {
          await service.requestEmailChange({ recipeUserId, currentPassword: OLD, newEmail: evil });
          const token = tokenOf(await mailServer.waitForMail(evil));
          await owner();
          expect(await verify(token)).toEqual({ status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' });
        } else {
          let release: () => void = () => undefined;
          const held = new Promise<void>((resolve) => (release = resolve));
          mailServer.beforeTaking = () => held;
          // Ten messages that hang keep the next one waiting in the outbox.
          const others = Array.from({ length: 10 }, () => newEmail());
          for (const other of others) {
            await service.requestEmailChange({ recipeUserId, currentPassword: OLD, newEmail: other });
          }
          await service.requestEmailChange({ recipeUserId, currentPassword: OLD, newEmail: evil });
          await owner();
          mailServer.beforeTaking = () => Promise.resolve();
          release();
          await testApp.app.get(OutboxService).deliverDue();
          expect(mailServer.mailsTo(evil)).toEqual([]);
        }
        expect(await signIn(email, NEW)).toBe('OK');
      },
    );

    it('stays if a link was made for a password that is not the present one any more', async () => {
      const { email, recipeUserId } = await signUp();
      const [token, evil] = [createOneTimeToken(), newEmail()];
      const tokenHash = hashOneTimeToken(token);
      expect(tokenHash).toBeDefined();
      await testApp.app.get<Storage>(AUTH_STORAGE).oneTimeTokens.insert({
        tokenHash: tokenHash ?? ('' as OneTimeTokenHash),
        purpose: 'email-change',
        recipeUserId,
        tenantId: 'public',
        email: evil,
        credentialFingerprint: fingerprintCredential('a hash from before'),
        keepSessionHandle: null,
        expiresAt: testApp.clock.now() + 1000,
      });
      expect(await verify(token)).toEqual({ status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' });
      expect(await signIn(email, OLD)).toBe('OK');
    });

    it('tells nobody’s address to a login method without a password', async () => {
      expect(
        await service.requestEmailChange({ recipeUserId: 'nobody', currentPassword: OLD, newEmail: newEmail() }),
      ).toEqual({ status: 'UNKNOWN_USER_ID_ERROR' });
    });
  });
});
