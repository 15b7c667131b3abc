import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { AuthModule, postgres, sqlite } from 'nestward';
import { AuthPagesModule } from 'nestward/pages';
import { CommentsModule } from './comments/comments.module.js';
import { EnvironmentModule } from './config/environment.module.js';
import { Environment } from './config/environment.js';
import { createProviders } from './config/social-providers.js';
import { Mail } from './mail/mail.js';
import { MailModule } from './mail/mail.module.js';
import { ProfileModule } from './profile/profile.module.js';
import { SessionInfoModule } from './session-info/session-info.module.js';
import { SignOutEverywhereModule } from './sign-out-everywhere/sign-out-everywhere.module.js';
import { WebsiteModule } from './website/website.module.js';

/** The demo: a website and an API in one process, with everything that `nestward` needs inside it. */
@Module({
  imports: [
    AuthModule.forRootAsync({
      imports: [EnvironmentModule, MailModule],
      inject: [Environment, Mail],
      useFactory: (environment: Environment, mail: Mail) => ({
        appInfo: {
          appName: 'Nestward demo',
          apiDomain: environment.origin,
          websiteDomain: environment.websiteDomain,
        },
        storage:
          environment.databaseUrl === undefined
            ? sqlite({ filename: join(environment.dataDirectory, 'nestward.sqlite') })
            : postgres({ connectionString: environment.databaseUrl }),
        session: { accessTokenLifetime: environment.accessTokenLifetime },
        emailVerification:
          environment.emailVerification === undefined ? undefined : { mode: environment.emailVerification },
        email: mail.delivery,
        thirdParty: { providers: createProviders(environment.providers) },
      }),
    }),
    AuthPagesModule.forRoot({ logoUrl: '/assets/mark.svg' }),
    EnvironmentModule,
    MailModule,
    CommentsModule,
    ProfileModule,
    SessionInfoModule,
    SignOutEverywhereModule,
    WebsiteModule,
  ],
})
export class AppModule {}
