import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  EmailPasswordService,
  EmailVerificationClaim,
  EmailVerificationService,
  OutboxService,
  PasswordResetService,
  Session,
  SessionGuard,
  ThirdPartyService,
  UserService,
  VerifySession,
  type EmailVerificationMode,
} from 'nestward';
import { CHEAP_HASHING, form, get, getUserId, post, type Answer } from '../email-password/client.js';
import { startTestApp, type TestApp } from '../support/create-app.js';
import { MailServer, tokenOf } from './mail-server.js';

const DAY = 86_400;
const INVALID = { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' };

@Controller()
class ProbeController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('unverified-too')
  @VerifySession({
    overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== EmailVerificationClaim.key),
  })
  unverifiedToo(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }

  @Get('verified-only')
  @VerifySession({
    overrideGlobalClaimValidators: (validators) => [...validators, EmailVerificationClaim.validators.isVerified()],
  })
  verifiedOnly(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }
}

describe('email verification', () => {
  let mailServer: MailServer;
  let required: TestApp;
  let optional: TestApp;
  let emails = 0;

  beforeAll(async () => {
    mailServer = await MailServer.start();
    [required, optional] = await Promise.all([start('REQUIRED'), start('OPTIONAL')]);
  });

  afterAll(async () => {
    await Promise.all([required.close(), optional.close()]);
    await mailServer.stop();
  });

  function start(mode: EmailVerificationMode | undefined): Promise<TestApp> {
    return startTestApp({
      auth: {
        email: mailServer.delivery,
        emailPassword: { passwordHashing: CHEAP_HASHING },
        ...(mode === undefined ? {} : { emailVerification: { mode } }),
      },
      controllers: [ProbeController],
    });
  }

  /** A client that keeps its tokens. */
  class Client {
    userId = '';
    accessToken = '';
    constructor(
      private readonly testApp: TestApp,
      readonly email = `person-${String(++emails)}@example.com`,
    ) {}

    async signUp(): Promise<this> {
      const answer = await this.keep(
        post(`${this.testApp.url}/auth/signup`, form({ email: this.email, password: 'passw0rd' })),
      );
      this.userId = getUserId(answer);
      return this;
    }

    get claim(): unknown {
      const [, payload = ''] = this.accessToken.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, { v?: unknown }>;
      return claims['st-ev']?.v;
    }

    get headers(): Record<string, string> {
      return { authorization: `Bearer ${this.accessToken}` };
    }

    get(path: string): Promise<Answer> {
      return this.keep(get(`${this.testApp.url}${path}`, this.headers));
    }

    send(): Promise<Answer> {
      return this.keep(post(`${this.testApp.url}/auth/user/email/verify/token`, {}, this.headers));
    }

    verify(token: unknown): Promise<Answer> {
      return this.keep(post(`${this.testApp.url}/auth/user/email/verify`, { method: 'token', token }, this.headers));
    }

    async receiveToken(): Promise<string> {
      const before = mailServer.mailsTo(this.email).length;
      expect((await this.send()).body).toEqual({ status: 'OK' });
      return tokenOf(await mailServer.waitForMail(this.email, '', before + 1));
    }

    private async keep(answer: Promise<Answer>): Promise<Answer> {
      const { headers } = await answer;
      this.accessToken = headers.get('st-access-token') ?? this.accessToken;
      return answer;
    }
  }

  const verifyAnywhere = (token: unknown, { url } = required): Promise<Answer> =>
    post(`${url}/auth/user/email/verify`, { method: 'token', token });

  const REFUSED = {
    message: 'invalid claim',
    claimValidationErrors: [
      { id: 'st-ev', reason: { message: 'wrong value', expectedValue: true, actualValue: false } },
    ],
  };

  describe('where it is required', () => {
    it('goes from the mail to a session that guarded routes let in', async () => {
      const client = await new Client(required).signUp();
      expect(client.claim).toBe(false);
      expect(await client.get('/guarded')).toMatchObject({ status: 403, body: REFUSED });
      expect((await client.get('/unverified-too')).status).toBe(200);
      expect((await client.get('/auth/user/email/verify')).body).toEqual({ status: 'OK', isVerified: false });

      expect((await client.send()).body).toEqual({ status: 'OK' });
      const mail = await mailServer.waitForMail(client.email);
      expect(mail).toMatchObject({ to: client.email, subject: 'Verify your address for Test' });
      expect(mail.text).toContain('1 day');
      expect(`${mail.link.origin}${mail.link.pathname}`).toBe('http://localhost:3000/auth/verify-email');
      expect(mail.link.searchParams.get('tenantId')).toBe('public');

      expect((await client.verify(tokenOf(mail))).body).toEqual({ status: 'OK' });
      expect(client.claim).toBe(true);
      expect(await client.get('/guarded')).toMatchObject({ status: 200, body: { userId: client.userId } });
      expect((await client.get('/auth/user/email/verify')).body).toEqual({ status: 'OK', isVerified: true });
      expect((await client.send()).body).toEqual({ status: 'EMAIL_ALREADY_VERIFIED_ERROR' });
      const user = await required.app.get(UserService).getUser(client.userId);
      expect(user?.loginMethods[0]?.verified).toBe(true);
    });

    it('takes a link in a browser that is not signed in, and lets the other one in soon after', async () => {
      const client = await new Client(required).signUp();
      const answer = await verifyAnywhere(await client.receiveToken());
      expect(answer.body).toEqual({ status: 'OK' });
      expect(answer.headers.get('front-token')).toBeNull();
      expect((await client.get('/guarded')).status).toBe(403);
      required.clock.advanceSeconds(10);
      expect((await client.get('/guarded')).status).toBe(200);
      expect(client.claim).toBe(true);
    });

    it('does not change the session of somebody else who follows a link', async () => {
      const [owner, other] = [await new Client(required).signUp(), await new Client(required).signUp()];
      expect((await other.verify(await owner.receiveToken())).body).toEqual({ status: 'OK' });
      expect(other.claim).toBe(false);
      expect((await other.get('/guarded')).status).toBe(403);
      expect((await owner.get('/auth/user/email/verify')).body).toEqual({ status: 'OK', isVerified: true });
      expect(owner.claim).toBe(true);
    });

    it('updates a session that does not know yet, when it asks for a mail', async () => {
      const client = await new Client(required).signUp();
      await verifyAnywhere(await client.receiveToken());
      expect((await client.send()).body).toEqual({ status: 'EMAIL_ALREADY_VERIFIED_ERROR' });
      expect(client.claim).toBe(true);
    });

    it('takes the word of a provider that vouches for an address', async () => {
      const thirdParty = required.app.get(ThirdPartyService);
      const verification = required.app.get(EmailVerificationService);
      for (const isVerified of [true, false]) {
        const { recipeUserId } = await thirdParty.manuallyCreateOrUpdateUser({
          thirdPartyId: 'google',
          thirdPartyUserId: `g-${String(isVerified)}`,
          email: `google-${String(isVerified)}@example.com`,
          isVerified,
        });
        expect(await verification.isVerified(recipeUserId)).toBe(isVerified);
      }
    });

    it('needs a session, for what is about a session', async () => {
      expect((await post(`${required.url}/auth/user/email/verify/token`, {})).status).toBe(401);
      expect((await get(`${required.url}/auth/user/email/verify`)).status).toBe(401);
      const gone = await new Client(required).signUp();
      await required.app.get(UserService).deleteUser(gone.userId);
      expect((await gone.send()).status).toBe(401);
    });

    it('does not use a token up for a session that must be refreshed first', async () => {
      const client = await new Client(required).signUp();
      const token = await client.receiveToken();
      required.clock.advanceSeconds(3601);
      expect(await client.verify(token)).toMatchObject({ status: 401, body: { message: 'try refresh token' } });
      expect((await verifyAnywhere(token)).body).toEqual({ status: 'OK' });
    });
  });

  describe('a token', () => {
    it('works once, also of many at the same instant', async () => {
      const client = await new Client(required).signUp();
      const token = await client.receiveToken();
      const answers = await Promise.all(Array.from({ length: 5 }, () => verifyAnywhere(token)));
      expect(answers.filter(({ body }) => (body as { status: string }).status === 'OK')).toHaveLength(1);
      expect((await verifyAnywhere(token)).body).toEqual(INVALID);
    });

    it('ends after a day', async () => {
      const client = await new Client(required).signUp();
      const token = await client.receiveToken();
      required.clock.advanceSeconds(DAY);
      expect((await verifyAnywhere(token)).body).toEqual(INVALID);
      expect(await required.app.get(EmailVerificationService).isVerified(client.userId)).toBe(false);
    });

    it('does not verify the address that took the place of its own', async () => {
      const client = await new Client(required).signUp();
      const token = await client.receiveToken();
      const update = { recipeUserId: client.userId, email: `other-${client.email}` };
      await required.app.get(EmailPasswordService).updateEmailOrPassword(update);
      expect((await verifyAnywhere(token)).body).toEqual(INVALID);
      expect(await required.app.get(EmailVerificationService).isVerified(client.userId)).toBe(false);
    });

    it('is good for what it was made for, and nothing else', async () => {
      const client = await new Client(required).signUp();
      const verification = await client.receiveToken();
      const reset = await required.app.get(PasswordResetService).createToken(client.userId);
      const resetToken = reset.status === 'OK' ? reset.token : '';
      expect((await verifyAnywhere(resetToken)).body).toEqual(INVALID);
      const resetting = await post(`${required.url}/auth/user/password/reset`, {
        method: 'token',
        token: verification,
        ...form({ password: 'new-passw0rd' }),
      });
      expect(resetting.body).toEqual({ status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' });
      expect((await verifyAnywhere(verification)).body).toEqual({ status: 'OK' });
    });

    it('is not sent any more once the address is verified', async () => {
      const client = await new Client(required).signUp();
      const token = await client.receiveToken();
      await verifyAnywhere(token);
      await required.app.get(OutboxService).enqueue({
        kind: 'verifyEmail',
        recipeUserId: client.userId,
        email: client.email,
        websiteDomain: 'http://localhost:3000',
      });
      await required.app.get(OutboxService).deliverDue();
      expect(mailServer.mailsTo(client.email)).toHaveLength(1);
      expect(await required.app.get(EmailVerificationService).sendVerificationEmail(client.userId)).toEqual({
        status: 'EMAIL_ALREADY_VERIFIED_ERROR',
      });
    });
  });

  it.each([{}, { method: 'token' }, { method: 'token', token: 1 }, { token: 'x' }, { method: 'otp', token: 'x' }, []])(
    'refuses the body %j',
    async (body) => {
      expect((await post(`${required.url}/auth/user/email/verify`, body)).status).toBe(400);
    },
  );

  describe('where it is optional', () => {
    it('lets everybody in, but for routes that ask', async () => {
      const client = await new Client(optional).signUp();
      expect(client.claim).toBe(false);
      expect((await client.get('/guarded')).status).toBe(200);
      expect(await client.get('/verified-only')).toMatchObject({ status: 403, body: REFUSED });
      expect((await client.verify(await client.receiveToken())).body).toEqual({ status: 'OK' });
      expect((await client.get('/verified-only')).status).toBe(200);
    });

    it('has functions for code', async () => {
      const client = await new Client(optional).signUp();
      const service = optional.app.get(EmailVerificationService);
      const create = async (): Promise<string> => {
        const created = await service.createToken(client.userId);
        return created.status === 'OK' ? created.token : '';
      };
      const revoked = await create();
      await service.revokeTokens(client.userId);
      expect(await service.verifyWithToken(revoked)).toEqual(INVALID);
      expect(await service.verifyWithToken(await create())).toEqual({
        status: 'OK',
        userId: client.userId,
        recipeUserId: client.userId,
        email: client.email,
      });
      expect(await service.isVerified(client.userId)).toBe(true);
      expect(await service.isVerified(client.userId, client.email.toUpperCase())).toBe(true);
      expect(await service.isVerified(client.userId, 'other@example.com')).toBe(false);
      expect(await service.createToken(client.userId)).toEqual({ status: 'EMAIL_ALREADY_VERIFIED_ERROR' });
      expect(await service.unverify(client.userId)).toBe(true);
      expect(await service.isVerified(client.userId)).toBe(false);
      expect(await service.sendVerificationEmail(client.userId, 'https://elsewhere.example')).toEqual({ status: 'OK' });
      expect((await mailServer.waitForMail(client.email)).link.origin).toBe('https://elsewhere.example');
      for (const result of [service.createToken('nobody'), service.sendVerificationEmail('nobody')]) {
        expect(await result).toEqual({ status: 'UNKNOWN_USER_ID_ERROR' });
      }
      expect(await service.unverify('nobody')).toBe(false);
      expect(await service.isVerified('nobody')).toBe(false);
    });
  });

  it('is not there where it is not configured', async () => {
    const without = await start(undefined);
    const client = await new Client(without).signUp();
    expect(client.claim).toBeUndefined();
    expect((await client.send()).status).toBe(404);
    expect((await client.verify('x')).status).toBe(404);
    expect((await client.get('/auth/user/email/verify')).status).toBe(404);
    expect((await client.get('/guarded')).status).toBe(200);
    await without.close();
  });
});
