//! `okta.*`: Okta system log. Declared so that rules over it load with a warning; there is no source for it yet.

use avouch_event::{ArgSpec, FieldType};

use super::row::Row;

const CLASS: &str = "okta";

const fn text(name: &'static str, doc: &'static str) -> Row {
    Row::sourceless(CLASS, name, FieldType::Charbuf, doc)
}

const fn number(name: &'static str, doc: &'static str) -> Row {
    Row::sourceless(CLASS, name, FieldType::Uint64, doc)
}

pub(super) const ROWS: &[Row] = &[
    text("okta.app", "Third path segment of the debug request URI when it starts with /app/."),
    text("okta.behaviors", "DebugContext behaviors."),
    text("okta.org", "Configured organisation."),
    text("okta.evt.type", "Value at /eventType."),
    text("okta.evt.legacytype", "Value at /legacyEventType."),
    text("okta.severity", "Value at /severity."),
    text("okta.message", "Value at /displayMessage."),
    text("okta.published", "Value at /published."),
    text("okta.logonlysecuritydata", "DebugContext logOnlySecurityData."),
    text("okta.actor.id", "Value at /actor/id."),
    text("okta.actor.Type", "Value at /actor/type (capital T in the field name)."),
    text("okta.actor.alternateid", "Value at /actor/alternateId."),
    text("okta.actor.name", "Value at /actor/displayName."),
    text("okta.client.zone", "Value at /client/zone."),
    text("okta.client.ip", "Value at /client/ipAddress."),
    text("okta.client.device", "Value at /client/device."),
    text("okta.client.id", "Value at /client/id."),
    text("okta.client.geo.city", "Client geographicalContext city."),
    text("okta.client.geo.state", "Client geographicalContext state."),
    text("okta.client.geo.country", "Client geographicalContext country."),
    text("okta.client.geo.postalcode", "Client geographicalContext postalCode."),
    text("okta.client.geo.lat", "Client geolocation lat as text."),
    text("okta.client.geo.lon", "Client geolocation lon as text."),
    text("okta.useragent.os", "Client userAgent os."),
    text("okta.useragent.browser", "Client userAgent browser."),
    text("okta.useragent.raw", "Client userAgent rawUserAgent."),
    text("okta.result", "Value at /outcome/result."),
    text("okta.reason", "Value at /outcome/reason."),
    text("okta.transaction.id", "Value at /transaction/id."),
    text("okta.transaction.type", "Value at /transaction/type."),
    text("okta.requesturi", "DebugData requestUri."),
    text("okta.principal.id", "DebugData originalPrincipal id."),
    text("okta.principal.alternateid", "DebugData originalPrincipal alternateId."),
    text("okta.principal.type", "DebugData originalPrincipal type."),
    text("okta.principal.name", "DebugData originalPrincipal displayName."),
    text("okta.authentication.step", "AuthenticationContext authenticationStep."),
    text("okta.authentication.sessionid", "AuthenticationContext externalSessionId."),
    text("okta.authentication.provider", "AuthenticationContext authenticationProvider."),
    text("okta.authentication.credentialprovider", "AuthenticationContext credentialProvider."),
    number("okta.security.asnumber", "SecurityContext asNumber."),
    text("okta.security.asorg", "SecurityContext asOrg."),
    text("okta.security.isp", "SecurityContext isp."),
    text("okta.security.domain", "SecurityContext domain."),
    text("okta.security.isproxy", "SecurityContext isProxy."),
    text("okta.target.user.id", "Id of the first target of type User."),
    text("okta.target.user.alternateid", "AlternateId of that target."),
    text("okta.target.user.name", "DisplayName of that target."),
    text("okta.target.group.id", "Id of the first target of type UserGroup."),
    text("okta.target.group.alternateid", "AlternateId of that target."),
    text("okta.target.group.name", "DisplayName of that target."),
    text("okta.target.app.alternateid", "AlternateId of the first target of type AppInstance."),
    text("okta.targets.displayName", "DisplayName of all targets joined, or of target n.").arg(ArgSpec::OptionalIndex),
    number("okta.mfa.failure.countlast", "MFA failures by the actor in the last n seconds (plugin keeps a cache).")
        .arg(ArgSpec::RequiredIndex),
    number("okta.mfa.deny.countlast", "MFA push denials by the actor in the last n seconds.")
        .arg(ArgSpec::RequiredIndex),
];
