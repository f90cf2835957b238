// Made from crates/avouch-server/openapi.json by `npm run api`. Do not edit: change the server, renew its document, make this anew.

export interface paths {
    "/acceptances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Acceptances of this server, those that agents told of, and those that wait for approval, with what they hid.
         * @description Needs the permission `read_acceptances`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Count from this time or day on; default: 90 days */
                    from?: string;
                    /** @description Count before this time or day */
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AcceptanceList"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Asks for an acceptance: it is kept, and in force once another person approves it.
         * @description Needs the permission `edit_acceptances`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Asked"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AskedFor"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/acceptances/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What an acceptance would have hidden in a period, had it been in force all the time; and what is wrong with it.
         * @description Needs the permission `backtest`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Looked"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PreviewOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/acceptances/propose": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Proposes the smallest acceptance that covers a finding, with what it would have hidden in the last 90 days. Nothing is saved.
         * @description Needs the permission `backtest`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Wish"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProposalOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/acceptances/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Takes an acceptance back, also one that waits for approval. What it let be stays as it is recorded.
         * @description Needs the permission `edit_acceptances`.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Why"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Revoked"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/acceptances/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approves an acceptance that somebody else asked for.
         * @description Needs the permission `edit_acceptances`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LookedAt"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Approved"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/access-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who looked at what.
         * @description Needs a login.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Day or time; included */
                    from?: string;
                    /** @description Day or time; not included */
                    to?: string;
                    /** @description Of one only */
                    who?: string;
                    /** @description `next` of the page before */
                    before?: number;
                    /** @description Rows at most; 100 when absent */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AccessLogOut"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Commands, connections and file changes that a filter names, the newest first.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description From this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                    /** @description Words of command line, address or path */
                    q?: string;
                    /** @description `command`, `connection`, `file`; as every column: repeat for any of several, `not.kind` for none of them */
                    kind?: string;
                    /** @description Likewise `namespace`, `pod`, `container`, `container_id`, `user`, `program` */
                    node?: string;
                    /** @description Rows, 1 to 1000; 100 when not given */
                    limit?: number;
                    /** @description `newest` or `oldest` */
                    order?: string;
                    /** @description Where the page before ended */
                    after?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ActivityPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/agents/rule-set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules, mappings and acceptances that agents are to judge by, as one set. The entity tag is its digest.
         * @description Needs the permission `take_rule_set`.
         */
        get: {
            parameters: {
                query?: never;
                header?: {
                    /** @description The digest that is known, in quotes: 304 while it is the same */
                    "if-none-match"?: string | null;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentRuleSet"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/backtests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Back-tests, the newest first, without what they found.
         * @description Needs the permission `backtest`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["JobList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/backtests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A back-test: how far it is, and at its end what it found.
         * @description Needs the permission `backtest`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["JobOut"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /**
         * Stops a back-test.
         * @description Needs the permission `backtest`.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["JobOut"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Channels and routes.
         * @description Needs the permission `read_channels`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChannelsOut"];
                    };
                };
            };
        };
        /**
         * Saves the file and goes on with it, at once. What waits is still told.
         * @description Needs the permission `manage_channels`.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SaveChannels"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChannelsOut"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channels/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What is wrong with a file, before it is saved.
         * @description Needs the permission `manage_channels`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CheckChannels"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CheckedChannels"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/channels/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends a test over a channel, once, and tells what the other side said.
         * @description Needs the permission `manage_channels`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeliveryOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/controls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Controls by criterion over a period of 400 days at most.
         * @description Needs the permission `read_controls`.
         */
        get: {
            parameters: {
                query: {
                    /** @description From this time or day on */
                    from: string;
                    /** @description Before this time or day */
                    to: string;
                    /** @description Limited to these clusters */
                    cluster?: string;
                    /** @description `soc2` */
                    framework?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ControlsAnswer"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/controls/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One control over a period.
         * @description Needs the permission `read_controls`.
         */
        get: {
            parameters: {
                query: {
                    /** @description From this time or day on */
                    from: string;
                    /** @description Before this time or day */
                    to: string;
                    /** @description Limited to these clusters */
                    cluster?: string;
                };
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ControlDetail"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was delivered.
         * @description Needs the permission `read_channels`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Day or time; included */
                    from?: string;
                    /** @description Day or time; not included */
                    to?: string;
                    /** @description Of one channel only */
                    channel?: string;
                    /** @description Rows at most; 100 when absent */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeliveriesOut"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings that a filter names, the newest first.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description From this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                    /** @description Words of output, command and object */
                    q?: string;
                    /** @description As every column: a value to have; repeat for any of several, `not.severity` for none of them */
                    severity?: string;
                    /** @description Rows, 1 to 1000; 100 when not given */
                    limit?: number;
                    /** @description `newest` or `oldest` */
                    order?: string;
                    /** @description Where the page before ended */
                    after?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FindingsPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/act": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acknowledges, assigns, decides about, or writes about findings.
         * @description Needs the permission `triage`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Acts"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecordedActs"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many findings a filter names, by values of columns and over time.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Columns to count values of, repeated or with commas */
                    facet?: string;
                    /** @description Values a column, 1 to 200; 20 when not given */
                    values?: number;
                    /** @description Seconds of a step of the histogram; none without it */
                    step?: number;
                    /** @description From this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                    /** @description Words of output, command and object */
                    q?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FindingCounts"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Exactly the findings that a filter names, the oldest first.
         * @description As CSV (RFC 4180) with a header, or as JSON, one row of `/findings` a line. In CSV, a cell that a spreadsheet would take for a formula
         *     begins with an apostrophe that is not of the finding; lists are joined by `; `.
         *
         *     Needs the permission `export_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description `csv` or `json`; `csv` when not given */
                    format?: string;
                    /** @description From this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                    /** @description Words of the output */
                    q?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/csv": string;
                        "application/x-ndjson": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings taken together by columns.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Up to six columns, repeated or with commas; `rule,process,container` when not given */
                    by?: string;
                    /** @description Groups, 1 to 1000; 100 when not given */
                    limit?: number;
                    /** @description `most` findings first, or `newest` first */
                    order?: string;
                    /** @description From this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                    /** @description Words of the output */
                    q?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FindingGroups"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A finding with everything that was known of it, and what became of it.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WholeFinding"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/{id}/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Commands, connections and file changes on the same machine around a finding.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Seconds before and after it, 1 to 86400; 60 when not given */
                    within?: number;
                };
                header?: never;
                path: {
                    /** @description Id of the finding */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ActivityAround"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/{id}/ancestry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process of a finding and its ancestors.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Ancestry"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why the rule of a finding matched, by the rules that are loaded now.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Explanation"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/findings/{id}/similar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings of the same rule, process and image over the last days.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Days up to today, 1 to 400; 90 when not given */
                    days?: number;
                };
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SimilarFindings"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is watched now, and what was not in a period (the last day, when none is given).
         * @description Needs the permission `read_health`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Gaps and notifications from this time or day on */
                    from?: string;
                    /** @description Before this time or day */
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HealthAnswer"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ingest/facts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes facts of an agent. The answer comes once they are safe in the ledger; facts that were told before are passed over by their
         *     numbers, so that a batch may be sent again whenever its answer was lost. `docs/FORWARD.md` has the form of a batch.
         * @description Needs the permission `ingest`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description A line of JSON for who sends it, then one for each fact; gzip with `content-encoding` */
            requestBody: {
                content: {
                    "application/x-ndjson": string;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BatchAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ingest/k8s_audit/{cluster}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a batch of a Kubernetes API server (an `EventList` of `audit.k8s.io/v1`). The answer comes once its findings are safe.
         *     `docs/AUDIT.md` says how to point an API server here.
         * @description Needs the permission `ingest`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Name of the cluster; a token that is bound to a node has to be bound to this name */
                    cluster: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuditAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ledger/records/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One record of the ledger with its place in it: hash, hash of the one before, signed head, proof.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its number */
                    number: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LedgerRecord"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The browser comes back from the provider: on to the console, or to its login page with the reason why not (`/?login_failed=`: `refused`,
         *     `stale`, `provider`, `no_role`, `no_period`, `name_taken`, `disabled`, `busy`, `server`).
         * @description Open to all.
         */
        get: {
            parameters: {
                query?: {
                    /** @description What the provider gave */
                    code?: string;
                    /** @description What was sent along */
                    state?: string;
                    /** @description Why the provider gave none */
                    error?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oidc/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sends the browser to the provider, or back to the login page (`/?login_failed=`) when that cannot be.
         * @description Open to all.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The overview of a period, 400 days at most.
         * @description Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query: {
                    /** @description From this time or day on */
                    from: string;
                    /** @description Before this time or day */
                    to: string;
                    /** @description As every column of `/findings` */
                    cluster?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Overview"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Changes one's own password. Other sessions of one's own end.
         * @description Needs a login.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangePassword"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reports that the caller may see, the newest first.
         * @description Needs the permission `read_reports`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Reports"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Asks for a report. It is made in the background; look at it again by its id.
         * @description Needs the permission `make_reports`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AskReport"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Job"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One report.
         * @description Needs the permission `read_reports`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Job"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reports/{id}/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of a report; the bundle is `bundle.tar.gz`. That it was fetched is recorded.
         * @description Needs the permission `read_reports`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                    /** @description Name of the file, as the report lists it */
                    path: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reports/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs the offline verifier over a report's bundle.
         * @description Needs the permission `read_reports`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its id */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Verification"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rule files of this server.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A rule file with what is wrong in it, and its changes.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description As `/rule-files` names it */
                    path: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileText"];
                    };
                };
            };
        };
        /**
         * Saves a file and loads it. A change that brings errors is not saved; nor is one of a file that somebody else changed meanwhile.
         * @description Needs the permission `edit_rules`.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description As `/rule-files` names it, or a new file in one of its folders */
                    path: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ToSave"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SavedFile"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-files/{path}/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins to try a text in the place of a file on stored history.
         * @description Needs the permission `backtest`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description As `/rule-files` names it, or a new file in one of its folders */
                    path: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Tried"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["JobOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-files/{path}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says what is wrong with a text in the place of a file: in it, and newly in other files.
         * @description Needs the permission `edit_rules`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description As `/rule-files` names it, or a new file in one of its folders */
                    path: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Typed"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Checked"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-sets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which rules each node loaded last in a period, as the ledger tells, against those of this server.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: {
                    from?: string;
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RuleSets"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rule-texts/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A text that was saved once, by its digest.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description SHA-256, in hex */
                    digest: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeptText"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The loaded rules with where they stand and how often they fired, and those that fired and are not loaded here.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Count from this time or day on; default: 14 days */
                    from?: string;
                    /** @description Count before this time or day */
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RuleList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rules/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A rule with its condition, and how often it fired.
         * @description Needs the permission `read_rules`.
         */
        get: {
            parameters: {
                query?: {
                    from?: string;
                    to?: string;
                };
                header?: never;
                path: {
                    /** @description Its name */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OneRule"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is logged in.
         * @description Open to all.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionState"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Logs in by password.
         * @description Open to all.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LogIn"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionState"];
                    };
                };
            };
        };
        /**
         * Ends the session.
         * @description Needs a login.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionState"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sessions that are open.
         * @description Needs a login.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionsOut"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Ends a session, at once.
         * @description Needs a login.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes the first admin, or sets a password, by a one-time link.
         * @description Open to all.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Setup"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionState"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Findings that match a filter, and acts about any, as they come.
         * @description Events: `hello` once; `finding` (a row); `act` (`finding`, `kind`, `by`, `time`, `seq`, `body`); `health` every 5 s (`ready`, `reasons`,
         *     `sources` by state, `time`, `seq`); `missed` (`count` of records that went by unseen, after `since` and up to `to`). The id of an event
         *     is the number of the last record that the stream is past: with it in `Last-Event-ID`, the next stream goes on there, with up to 10,000
         *     findings and acts from the store, and `missed` for what is more. A stream ends after ten minutes; come again.
         *
         *     Needs the permission `read_findings`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description As every column of `/findings` */
                    severity?: string;
                    /** @description Words of the output, as for `/findings` */
                    q?: string;
                };
                header?: {
                    /** @description Go on after this record */
                    "Last-Event-ID"?: number | null;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Events, until one side ends it */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/test-event": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a finding and sends it the way of all findings. It is marked: rule `avouch test event`, decided as a test, and a record that
         *     says whether it arrived.
         * @description Needs the permission `send_test_event`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TestEvent"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TestEventAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every token.
         * @description Needs the permission `manage_users`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokensOut"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Makes a token.
         * @description Needs the permission `manage_users`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AddToken"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MadeToken"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes a token, at once. It stays in the list.
         * @description Needs the permission `manage_users`.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every user.
         * @description Needs the permission `manage_users`.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UsersOut"];
                    };
                };
            };
        };
        put?: never;
        /**
         * Makes a user.
         * @description Needs the permission `manage_users`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AddUser"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes a user. The name is not given again.
         * @description Needs the permission `manage_users`.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /**
         * Changes a user.
         * @description Needs the permission `manage_users`.
         */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChangeUser"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserOut"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/users/{name}/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ties somebody whom the provider of logins knows to a user who is there already.
         * @description Needs the permission `manage_users`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Identity"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{name}/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a one-time link with which the user sets a password. Earlier ones are void.
         * @description Needs the permission `manage_users`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LinkOut"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An event that a rule is about. */
        AboutOut: {
            event: string;
            /** @description `yes`: calls that succeeded; `writes`: only opens to write, and the rule is about reading too; `no`. */
            kept: string;
        };
        /** @description An acceptance that hid findings of the control's rules. */
        AcceptanceHits: {
            /** Format: date-time */
            expires?: string | null;
            /** Format: int64 */
            hits: number;
            id: string;
            rule: string;
        };
        /** @description All of them. */
        AcceptanceList: {
            acceptances: components["schemas"]["AcceptanceRow"][];
            answer: components["schemas"]["Answer"];
            /** Format: date-time */
            first_day: string;
        };
        /** @description An acceptance. */
        AcceptanceRow: {
            /** @description `null` while nobody approved it. */
            approver?: string | null;
            /** @description Why it lets nothing be. */
            broken?: string | null;
            /** @description By day of UTC from `first_day` on. */
            by_day: number[];
            check?: string | null;
            compensating?: string | null;
            /** @description What narrows it, in the language of rules; `null` when nothing does. */
            condition?: string | null;
            control?: string | null;
            criterion?: string | null;
            digest?: string | null;
            /**
             * Format: date-time
             * @description `null`: never.
             */
            expires?: string | null;
            /** @description Where it stands; `null` for one that only the ledger knows: an agent told of it. */
            file?: string | null;
            /** Format: date-time */
            from?: string | null;
            /**
             * Format: int64
             * @description Findings that it hid in the period.
             */
            hits: number;
            id: string;
            /**
             * Format: date-time
             * @description Begin of the last day (UTC) on which it hid one, in the 400 days before the end of the period.
             */
            last_hit?: string | null;
            line?: number | null;
            /** @description The caller asked for it, and so cannot approve it. */
            own: boolean;
            reason: string;
            requester: string;
            /** Format: date-time */
            review_due?: string | null;
            risk?: string | null;
            rule?: string | null;
            /** @description `in force`, `pending` (nobody approved it), `not begun`, `expired`. */
            standing: string;
            /** @description Fields that must equal one of the values. */
            subject: {
                [key: string]: string[];
            };
            ticket?: string | null;
            /**
             * Format: int64
             * @description Days in force without a hit, up to the end of the period; `null` when it is not in force.
             */
            unused_days?: number | null;
            /** @description One that waits for approval: its file, and what to send to approve it. */
            yaml?: string | null;
        };
        /** @description A page of the log, newest first. */
        AccessLogOut: {
            /** @description Of everybody, or only of who asks. */
            everybody: boolean;
            /**
             * Format: int64
             * @description For `before` of the next page; `null` when this is the last.
             */
            next?: number | null;
            rows: components["schemas"]["AccessOut"][];
        };
        /** @description Somebody looked at something. */
        AccessOut: {
            address: string;
            /** Format: int64 */
            id: number;
            /** @description The question as it was asked. */
            query: string;
            /** @description Role; empty for a login that failed. */
            role: string;
            /** Format: date-time */
            time: string;
            /** @description Method and path, or `login failed`. */
            what: string;
            who: string;
        };
        Acknowledge: {
            /** @default null */
            note?: string | null;
        };
        /** @description Who acted, as a record of activity tells. */
        ActedOut: {
            /** @description Empty outside of any. */
            container: string;
            /** @description `command`, `connection` or `file`. */
            kind: string;
            namespace: string;
            parent: string;
            /** Format: int64 */
            pid: number;
            pod: string;
            process: string;
            /**
             * Format: date-time
             * @description The time under which `/activity` has it.
             */
            recorded: string;
            /**
             * Format: int64
             * @description Number of its record in the ledger.
             */
            seq: number;
            /**
             * Format: int64
             * @description Connections that the record stands for.
             */
            times: number;
            user: string;
        };
        /** @description Activity around a finding. */
        ActivityAround: {
            answer: components["schemas"]["Answer"];
            /** @description Rows within reach that are not among them. */
            left_out: number;
            /** @description In order of time; those nearest to it. */
            rows: components["schemas"]["ActivityRow"][];
        };
        /** @description What stored activity says of a rule. */
        ActivityChangeOut: {
            /** @description The events that the rule is about, those that activity keeps first, 30 of them at most. */
            about: components["schemas"]["AboutOut"][];
            /** @description How many there are. */
            about_count: number;
            /**
             * Format: int64
             * @description Records on which it would fire and would have before, without a finding.
             */
            already: number;
            /**
             * Format: int64
             * @description Of what is gained, records on which it would newly fire.
             */
            gained: number;
            /** @description Activity keeps some of them. */
            kept: boolean;
            /** @description The fields that were missing there, the most frequent first. */
            missing: components["schemas"]["MissingField"][];
            /**
             * Format: int64
             * @description Stored findings of which only the activity at their time told what becomes of them.
             */
            settled: number;
            /** @description Records of which it cannot be said whether it would fire. */
            unknown: components["schemas"]["SampleOut"];
            /**
             * Format: int64
             * @description Records on which it would fire, and of which it cannot be said whether it would have before.
             */
            unknown_before: number;
        };
        /** @description Days on which a node was watched and no activity of it is stored. */
        ActivityGapOut: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A page of activity. */
        ActivityPage: {
            answer: components["schemas"]["Answer"];
            /** @description Where to go on: the next question's `after`. */
            next?: string | null;
            rows: components["schemas"]["ActivityRow"][];
        };
        /** @description Which activity was judged. */
        ActivityReadOut: {
            /**
             * Format: int64
             * @description Records of agents too old to tell names and ancestors.
             */
            brief: number;
            /** Format: int64 */
            commands: number;
            /** Format: int64 */
            connections: number;
            /** @description Why what is older than `first` was not judged: `records` or `time`; `null` when all was. */
            cut_short?: string | null;
            /**
             * Format: int64
             * @description Records of the period that retention dropped.
             */
            dropped: number;
            /** Format: int64 */
            files: number;
            /**
             * Format: date-time
             * @description The oldest record judged.
             */
            first?: string | null;
            /** Format: date-time */
            last?: string | null;
            /**
             * Format: int64
             * @description Records that agents left out to keep to their budget.
             */
            left_out: number;
            /** Format: int64 */
            more_nodes: number;
            nodes: components["schemas"]["NodeActivityOut"][];
            /**
             * @description `not_asked`: no rule over system calls was added or changed; `none_kept`: there is none of the period, so that what new rules would
             *     have found is not known; `read`.
             */
            state: string;
        };
        /** @description A command, connection or file change. */
        ActivityRow: {
            container?: string | null;
            /** @description Names its record: ledger and number. */
            fact: string;
            /** @description `command`, `connection`, `file`. */
            kind: string;
            namespace?: string | null;
            node: string;
            /** Format: int64 */
            pid: number;
            pod?: string | null;
            program?: string | null;
            record: components["schemas"]["RecordAt"];
            /** @description In one line. */
            text: string;
            /** Format: date-time */
            time: string;
            user?: string | null;
        };
        /** @description What is done, to which findings. At least one act. */
        Acts: {
            acknowledge?: null | components["schemas"]["Acknowledge"];
            assign?: null | components["schemas"]["Assign"];
            decide?: null | components["schemas"]["Decide"];
            /** @description Ids of findings. */
            ids: string[];
            note?: null | components["schemas"]["Write"];
        };
        /** @description A token to be made. */
        AddToken: {
            /** @description A day or time; never when absent. */
            expires?: string | null;
            /** @description 1 to 64 of A-Z, a-z, 0-9 and `._@+-`. */
            name: string;
            /** @description The only node that facts may be brought of; needs the scope `ingest`. */
            node?: string | null;
            /** @description Of `read`, `ingest`, `triage`, `rules`, `admin`. */
            scopes: string[];
        };
        /** @description A user to be made. */
        AddUser: {
            /** @description 1 to 64 of A-Z, a-z, 0-9 and `._@+-`. */
            name: string;
            /** @description Better none, and a link: then nobody else ever knows it. */
            password?: string | null;
            period?: null | components["schemas"]["PeriodIn"];
            /** @description `admin`, `analyst` or `auditor`. */
            role: string;
        };
        /** @description Open findings of an age. */
        Age: {
            label: string;
            severity: components["schemas"]["Severities"];
        };
        /** @description The rules that agents are to judge by. `docs/FORWARD.md` says what the digest is made of. */
        AgentRuleSet: {
            /** @description Acceptances, one a text. */
            acceptances: components["schemas"]["AgentText"][];
            /** @description Who changed it last; absent when that is not known. */
            by?: string | null;
            /** @description SHA-256 over all texts. */
            digest: string;
            /** @description `avouch.rule-set/1`. */
            format: string;
            /** @description Mappings of rules to criteria, over the built-in one. */
            mappings: components["schemas"]["AgentText"][];
            /** @description Rule files, in the order of loading. */
            rules: components["schemas"]["AgentText"][];
        };
        /** @description A text with the name that messages give it. */
        AgentText: {
            name: string;
            text: string;
        };
        /** @description A proposal with one field less, or one more. */
        AlternativeOut: {
            /** @description `drop` or `add`. */
            action: string;
            field: string;
            /**
             * Format: int64
             * @description Known true ones among them.
             */
            lost_true: number;
            /**
             * Format: int64
             * @description Findings that it would have suppressed.
             */
            would_remove: number;
            /** @description The file. */
            yaml: string;
        };
        /** @description A process and those above it, it first. */
        Ancestry: {
            processes: components["schemas"]["Process"][];
        };
        AnchorHealth: {
            anchor: string;
            /** Format: int64 */
            last_seq: number;
            place: string;
            /** Format: date-time */
            time: string;
        };
        /** @description The sentence that belongs to a number. */
        Answer: {
            /**
             * Format: int64
             * @description The last record that the answer knows.
             */
            as_of_seq: number;
            /** @description What was counted apart. */
            excluded: components["schemas"]["Excluded"];
            /**
             * Format: date-time
             * @description The latest time that anything in the store tells of.
             */
            fresh_to?: string | null;
            /**
             * Format: date-time
             * @description From when; absent when the question does not say.
             */
            from?: string | null;
            /** @description Why the answer may be of less than was asked for, one sentence each: dropped by retention, nodes not watched. */
            partial: string[];
            /** @description The filter, in the canonical form of a URL. */
            query: string;
            /** @description Clusters that were asked for, in words. */
            scope: string;
            /**
             * Format: date-time
             * @description Up to when.
             */
            to?: string | null;
            /**
             * Format: double
             * @description Time it took, in ms.
             */
            took_ms: number;
        };
        /** @description An acceptance that is in force. */
        Approved: {
            approver: string;
            id: string;
            requester: string;
            standing: string;
        };
        /** @description A report to be made. */
        AskReport: {
            /** @description Clusters it is limited to. */
            clusters?: string[];
            /** @description `soc2`. */
            framework?: string;
            /** @description First day or time. */
            from: string;
            /** @description Rows of a sample of each population. */
            sample?: number;
            /** @description Seed of the samples. */
            seed?: string;
            /** @description The first day or time that no longer belongs to it. */
            to: string;
        };
        /** @description The file of one acceptance. Whoever sends it is its requester, and its approver is whoever approves it, whatever stands there. */
        Asked: {
            yaml: string;
        };
        /** @description An acceptance that was asked for. */
        AskedFor: {
            /** @description Warnings and notes. */
            diagnostics: components["schemas"]["DiagnosticOut"][];
            /** @description SHA-256 of it; whoever approves sends it back. */
            digest: string;
            id: string;
            /** @description `pending`: it is in force once another person approves it. */
            standing: string;
            /** @description As it was kept. */
            yaml: string;
        };
        /** @description What was asked for. */
        AskedReport: {
            /** @description Clusters it is limited to; all when empty. */
            clusters: string[];
            /** @description `soc2`. */
            framework: string;
            /** Format: date-time */
            from: string;
            /** @description Rows of a sample of each population; 0 for none. */
            sample: number;
            /** @description Seed of the samples. */
            seed: string;
            /** Format: date-time */
            to: string;
        };
        Assign: {
            /** @description Name of a user who may log in; empty or `null` for nobody. */
            to?: string | null;
        };
        /** @description What a batch came to. */
        AuditAnswer: {
            /**
             * Format: int64
             * @description Records that were judged before: the API server sent them again.
             */
            duplicates: number;
            /**
             * Format: int64
             * @description Findings that were recorded.
             */
            findings: number;
            /**
             * Format: int64
             * @description Records that were judged.
             */
            records: number;
            /**
             * Format: int64
             * @description Things that are no record; each counts as an event lost.
             */
            refused: number;
        };
        /** @description The answer to a batch. */
        BatchAnswer: {
            /**
             * Format: int64
             * @description Everything up to this number is safe in the ledger, or was refused for good: the agent may forget it.
             */
            acknowledged_seq: number;
            /** @description The first of them. */
            refused?: components["schemas"]["RefusedFact"][];
            /**
             * Format: int64
             * @description Facts of the batch that are not taken, and never will be.
             */
            refused_count?: number;
            /** @description Run of the agent that is meant. */
            run: string;
        };
        /** @description Who, and when. */
        By: {
            by: string;
            /** Format: date-time */
            time: string;
        };
        /** @description Old and new password. */
        ChangePassword: {
            new: string;
            old: string;
        };
        /** @description What is to be changed; what is absent or `null` stays. */
        ChangeUser: {
            /** @description Who is disabled has no sessions, at once. */
            enabled?: boolean | null;
            /** @description Sessions of the user end. */
            password?: string | null;
            period?: null | components["schemas"]["PeriodIn"];
            role?: string | null;
        };
        /** @description A channel. */
        ChannelOut: {
            /** @description Why it cannot work as configured. */
            broken?: string | null;
            /**
             * Format: int64
             * @description Messages given up since the start.
             */
            failed: number;
            /**
             * Format: int64
             * @description Receipts of what was held back since the start.
             */
            held_back: number;
            last_error?: null | components["schemas"]["LastError"];
            /** Format: date-time */
            last_sent?: string | null;
            /** @description `slack`, `email`, ... */
            means: string;
            name: string;
            /**
             * Format: int64
             * @description Messages that wait.
             */
            queue: number;
            /** @description Routes that tell it. */
            routes: string[];
            /**
             * Format: int64
             * @description Messages delivered since the start.
             */
            sent: number;
        };
        /** @description Channels and routes as they are in force. */
        ChannelsOut: {
            channels: components["schemas"]["ChannelOut"][];
            /** @description The disk has another text: somebody edited it, and it is not in force. */
            differs_on_disk: boolean;
            /** @description Digest of the text, for a change. */
            digest: string;
            /** @description Name of the file. */
            file: string;
            findings: components["schemas"]["Told"];
            /** @description Why what waits cannot be kept at present: a crash would cost or repeat it. */
            not_kept?: string | null;
            routes: components["schemas"]["RouteOut"][];
            /** @description The file. Secrets are named in it and never stand in it. */
            text: string;
        };
        /** @description A text to look at. */
        CheckChannels: {
            text: string;
        };
        /** @description What is wrong with it. */
        Checked: {
            diagnostics: components["schemas"]["DiagnosticOut"][];
        };
        /** @description What is wrong with a text; nothing when it could be saved. */
        CheckedChannels: {
            diagnostics: components["schemas"]["Problem"][];
        };
        /** @description Now, and in the period before. */
        Compared: {
            /** Format: int64 */
            before: number;
            /** Format: int64 */
            count: number;
        };
        /** @description A day of a control: numbers of watched subjects (a source of a node) by state. */
        ControlDay: {
            day: string;
            /** Format: int64 */
            fail: number;
            /** Format: int64 */
            pass: number;
            /**
             * Format: double
             * @description Part of the time that they were to be watched which was watched with nothing lost, 0 to 1; `null` when nothing was to be watched.
             */
            share?: number | null;
            state: string;
            /** Format: int64 */
            unknown: number;
        };
        /** @description One control with what it stands on. */
        ControlDetail: {
            acceptances: components["schemas"]["AcceptanceHits"][];
            answer: components["schemas"]["Answer"];
            control: components["schemas"]["ControlOut"];
            criteria: string[];
            days: components["schemas"]["ControlDay"][];
            deviations: components["schemas"]["DeviationOut"][];
            frequency: string;
            gaps: components["schemas"]["GapOut"][];
            kind: string;
            /** @description Sources that it stands on and of which nothing was heard at all. */
            missing_sources: string[];
            /** @description Gaps that are not listed. */
            more_gaps: number;
            nature: string;
            nist_800_53: string[];
            /** @description What it needs that avouch does not show, and why. */
            not_covered: components["schemas"]["NotCoveredOut"][];
            pci_dss: string[];
            points_of_focus: string[];
            /** @description Populations that it names, by id; the report draws samples from them. */
            populations: string[];
            /** @description Rules that it stands on. */
            rules: components["schemas"]["RuleOut"][];
            sources: string[];
        };
        /** @description A control in a list. */
        ControlOut: {
            /** @description By day of the answer, in short: `pass`, `unknown`, `fail`, `not_expected`. */
            days: string[];
            deviations: number;
            /** Format: int64 */
            findings: number;
            gaps: number;
            id: string;
            /**
             * Format: int64
             * @description Findings that nobody decided.
             */
            open: number;
            owner: string;
            /**
             * Format: double
             * @description Part of the time to be watched that was watched with nothing lost, 0 to 1; `null` when nothing was to be watched.
             */
            share?: number | null;
            state: components["schemas"]["ControlState"];
            statement: string;
            title: string;
        };
        /**
         * @description What a period says of a control. No score: the shares stand beside it.
         * @enum {string}
         */
        ControlState: "deviations" | "no_evidence" | "partly_unknown" | "no_deviation" | "not_covered";
        /** @description Controls by criterion. */
        ControlsAnswer: {
            answer: components["schemas"]["Answer"];
            criteria: components["schemas"]["CriterionOut"][];
            /** @description The days (UTC) of the period, in order: those of every control's `days`. */
            days: string[];
            /** @description What did not go as it should have, all of it. */
            deviations: components["schemas"]["DeviationOut"][];
            lists: components["schemas"]["ListOut"][];
        };
        /** @description A signed head over the segment of a record. */
        CoveringHead: {
            /**
             * Format: int64
             * @description The first record that it covers.
             */
            first_seq: number;
            /** @description Id of the key that signed. */
            key: string;
            /**
             * Format: int64
             * @description The last one.
             */
            last_seq: number;
            /** @description Root over the records, in hex. */
            merkle_root: string;
            /** @description Hashes from the record to the root, in hex. */
            path: string[];
            /**
             * Format: date-time
             * @description When it was signed, by the clock of the signer.
             */
            time: string;
        };
        /** @description A criterion and the controls that serve it. */
        CriterionOut: {
            controls: components["schemas"]["ControlOut"][];
            id: string;
            /** @description In our own words. */
            name: string;
            /** @description The worst of its controls. */
            state: components["schemas"]["ControlState"];
        };
        /** @description A criterion over the days. */
        CriterionRow: {
            criterion: string;
            days: components["schemas"]["StripDay"][];
            name: string;
        };
        DayNumber: {
            /** Format: int64 */
            count: number;
            /**
             * Format: date-time
             * @description Begin of the day, UTC.
             */
            day: string;
        };
        /** @description Detections of a day. */
        DayOut: {
            /** Format: int64 */
            after: number;
            /** Format: int64 */
            before: number;
            /**
             * Format: date-time
             * @description Its begin, UTC.
             */
            day: string;
            /**
             * Format: int64
             * @description Findings and records of activity of which it cannot be said.
             */
            unknown: number;
        };
        /**
         * @description What is known of the watching on a day.
         * @enum {string}
         */
        DayState: "observed" | "partial" | "not" | "none";
        Decide: {
            /** @description `true`, `benign` or `test`. */
            decision: string;
            /** @description Number of the incident or ticket. */
            incident?: string | null;
            reason: string;
        };
        /** @description What somebody decided. */
        DecidedBy: {
            by: string;
            /** @description `true`, `benign` or `test`. */
            decision: string;
            incident: string;
            reason: string;
            /** Format: date-time */
            time: string;
        };
        /** @description Receipts, newest first. */
        DeliveriesOut: {
            answer: components["schemas"]["Answer"];
            /**
             * Format: int64
             * @description How many there are in the period, of the channel that was asked for.
             */
            count: number;
            rows: components["schemas"]["DeliveryOut"][];
        };
        /** @description A receipt. */
        DeliveryOut: {
            /** Format: int64 */
            attempts: number;
            /** @description `null` in old receipts of findings that were not handed to any. */
            channel?: string | null;
            /**
             * Format: int64
             * @description How many findings it stands for.
             */
            count: number;
            /** @description Ids of findings, as far as it names them. */
            findings: string[];
            means?: string | null;
            /** @description Id of the message, by which the other side knows it, too; `null` in receipts of earlier versions. */
            message?: string | null;
            /** @description Why it was sent, when not because of new findings: `test`, `escalation`, `reminder`, `summary`, `late`. */
            reason?: string | null;
            route?: string | null;
            /**
             * Format: int64
             * @description Number of its record in the ledger; `null` in the answer to a test.
             */
            seq?: number | null;
            /** @description `delivered`, `failed` or `held_back`. */
            state: string;
            /** @description What the other side said, or why it was not sent. */
            text?: string | null;
            /** Format: date-time */
            time: string;
        };
        /** @description What did not go as it should have. */
        DeviationOut: {
            cause: string;
            closed: boolean;
            controls: string[];
            criteria: string[];
            /** @description Numbers of records that show it. */
            evidence: number[];
            /** Format: date-time */
            from: string;
            id: string;
            /** @description So many of so many items. */
            items: number[];
            kind: string;
            subject: string;
            /** Format: date-time */
            to: string;
        };
        /** @description What is wrong in a file, and where. Lines and columns count from 1, columns in characters; ends are exclusive. */
        DiagnosticOut: {
            code: string;
            column: number;
            end_column: number;
            end_line: number;
            /** @description The file, when it is another one than was asked about: what the change causes elsewhere. */
            file?: string | null;
            hint?: string | null;
            line: number;
            message: string;
            /** @description `error`, `warning` or `note`. */
            severity: string;
        };
        /** @description Digests of CloudTrail's log file validation, by what their signatures are worth. */
        Digests: {
            /**
             * Format: int64
             * @description The signature is not what its key would have made.
             */
            failed: number;
            /**
             * Format: int64
             * @description There was no key for it, or no signature: it may be good or not.
             */
            not_verified: number;
            /**
             * Format: int64
             * @description A key that was given verified the signature.
             */
            verified: number;
        };
        /** @description The body of an answer that is an error. */
        ErrorBody: {
            error: components["schemas"]["ErrorText"];
        };
        ErrorText: {
            /** @description For programs. */
            code: string;
            /** @description What may help. */
            hint?: string | null;
            /** @description What is wrong. */
            message: string;
            /** @description The parameter that is wrong. */
            param?: string | null;
        };
        /** @description What an answer leaves out. */
        Excluded: {
            /**
             * Format: int64
             * @description Findings that an acceptance covers, where they are not part of the answer.
             */
            suppressed?: number | null;
        };
        /** @description A record in the form of a file. */
        ExhibitOut: {
            /** @description `avouch.record/1`. */
            format: string;
            /** @description The signed head. */
            head?: Record<string, unknown> | null;
            /** @description The key that the head names, as PEM. It comes from here, so it proves nothing by itself. */
            key?: string | null;
            /** @description From the record to the root in the head. */
            proof?: Record<string, unknown> | null;
            /** @description The line of the record as it stands in the ledger. */
            record: string;
        };
        /** @description When a source was to be watched: from the first to the last moment. */
        Expected: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A part of a condition. */
        ExplainNode: {
            /** @description It is known that the field had no value. */
            absent?: boolean;
            /** @description The value of the field. */
            actual?: string | null;
            children: components["schemas"]["ExplainNode"][];
            field?: string | null;
            /** @description It follows from the rule having matched, and not from a recorded field. */
            inferred?: boolean;
            /** @description `and`, `or`, `not`, `test`. */
            kind: string;
            /** @description The macro of which this is the condition. */
            macro?: string | null;
            op?: string | null;
            text: string;
            /** @description `true`, `false`, `unknown`. */
            value: string;
        };
        /** @description A rule, and where it stands. */
        ExplainedRule: {
            /** @description As the file writes it. */
            condition: string;
            file: string;
            /** @description From 1; 0 when it is not known. */
            line: number;
            name: string;
        };
        /** @description The condition of a rule as a tree, with what each part of it came to. */
        Explanation: {
            /** @description The recorded fields say that the rule as it is loaded now does not match. */
            contradicts: boolean;
            /** @description It was judged once more, from the capture around the finding; otherwise it is worked out from the fields that were recorded. */
            exact: boolean;
            /** @description Parts that are not shown because the condition is too large. */
            left_out: number;
            /** @description How far it can be relied on. */
            note: string;
            rule: components["schemas"]["ExplainedRule"];
            /** @description The rule as it is loaded now is the one that made the finding. */
            same_rule: boolean;
            tree: components["schemas"]["ExplainNode"];
        };
        /** @description Values of a column, the most frequent first. */
        FacetOut: {
            column: string;
            /** @description Values in all, also those that are not listed. */
            distinct: number;
            values: components["schemas"]["ValueCount"][];
        };
        Failure: {
            answer: string;
            channel: string;
            /** Format: date-time */
            time: string;
        };
        /** @description All of them, in the order of loading. */
        FileList: {
            files: components["schemas"]["FileRow"][];
            /** @description Folders in which files can be made. */
            folders: string[];
        };
        /** @description A rule file. */
        FileRow: {
            editable: boolean;
            errors: number;
            /** @description As the loader names it; with slashes written as `%2F` it is the path of the other routes. */
            path: string;
            warnings: number;
            /** @description Why not. */
            why_not?: string | null;
        };
        /** @description A rule file, whole. */
        FileText: {
            diagnostics: components["schemas"]["DiagnosticOut"][];
            digest: string;
            editable: boolean;
            path: string;
            text: string;
            /** @description Changes over the API, the newest first. */
            versions: components["schemas"]["VersionOut"][];
            why_not?: string | null;
        };
        /** @description Counts of a filter. */
        FindingCounts: {
            answer: components["schemas"]["Answer"];
            /** Format: int64 */
            count: number;
            facets: components["schemas"]["FacetOut"][];
            /** @description Stretches of the histogram that were not watched; `null` without a step. */
            gaps?: components["schemas"]["GapOut"][] | null;
            /** @description Empty without a step. */
            histogram: components["schemas"]["Step"][];
        };
        /** @description Groups of a filter. */
        FindingGroups: {
            answer: components["schemas"]["Answer"];
            /**
             * Format: int64
             * @description Findings of all groups, each counted once.
             */
            count: number;
            /** @description Groups in all, also those that are not listed. */
            distinct: number;
            groups: components["schemas"]["GroupOut"][];
        };
        /** @description A page of findings. */
        FindingsPage: {
            answer: components["schemas"]["Answer"];
            /** @description Where to go on: the next question's `after`. */
            next?: string | null;
            rows: components["schemas"]["Row"][];
        };
        /** @description A finding, a detection of a replay, or what activity tells that a rule would find. */
        FoundOut: {
            acted?: null | components["schemas"]["ActedOut"];
            /** @description `true`, `benign` or `test`, when somebody decided. */
            decision?: string | null;
            /** @description The recording that it was replayed from. */
            file?: string | null;
            /** @description Id of the stored finding; `null` for a detection that was only replayed, or that only activity tells of. */
            id?: string | null;
            node: string;
            output: string;
            rule: string;
            /** @description An acceptance suppressed it already. */
            suppressed: boolean;
            /** Format: date-time */
            time: string;
        };
        /** @description A stretch in which a source of a node was to be watched and was not, or not wholly. */
        GapOut: {
            /** @description Why, in words. */
            cause: string;
            /** @description Empty when the node's cluster is not known. */
            cluster: string;
            /** Format: date-time */
            from: string;
            /** @description Empty for the time before anything at all was heard, and of a source of which nothing was. */
            node: string;
            /** @description Empty for the time before anything at all was heard. */
            source: string;
            /** Format: date-time */
            to: string;
        };
        /** @description Findings with the same values in some columns. */
        GroupOut: {
            /** Format: int64 */
            count: number;
            /** Format: date-time */
            first: string;
            /** @description By column the value; `null` where the findings have none. */
            key: {
                [key: string]: string | null;
            };
            /** Format: date-time */
            last: string;
            newest: components["schemas"]["Row"];
            /**
             * Format: int64
             * @description Neither acknowledged, nor decided, nor suppressed.
             */
            open: number;
            /** @description The highest. */
            severity: string;
        };
        /** @description Something that was done or decided about a finding. */
        Happened: {
            body: Record<string, unknown>;
            /** @description Who; empty when nobody did it: a notification, say. */
            by: string;
            kind: string;
            /**
             * Format: int64
             * @description Number of its record.
             */
            seq: number;
            /** Format: date-time */
            time: string;
        };
        /** @description How everything stands. */
        HealthAnswer: {
            /** @description Nodes with this server's rules that do not run, or not wholly, the set that they are to run. */
            agents_behind: number;
            answer: components["schemas"]["Answer"];
            /**
             * Format: int64
             * @description Nodes that were silent for more than a day, and are not listed.
             */
            forgotten: number;
            ingest: components["schemas"]["IngestHealth"];
            ledger: components["schemas"]["LedgerHealth"];
            nodes: components["schemas"]["NodeHealth"][];
            notify: components["schemas"]["NotifyHealth"];
            /** @description Gaps of nodes that are not listed, and the time before anything was heard (its node and source are empty). */
            other_gaps: components["schemas"]["SourceGap"][];
            /** @description Everything that was to be watched is watched. */
            ready: boolean;
            /** @description Why not. */
            reasons: string[];
            server: components["schemas"]["ServerHealth"];
            sources: components["schemas"]["SourceWithGaps"][];
            store: components["schemas"]["Sizes"];
        };
        /** @description Findings of a step. */
        Hour: {
            /** Format: date-time */
            from: string;
            /**
             * Format: int64
             * @description The usual: the median of the same hour of the week in the six weeks before the period. `null` when less than three
             *     weeks are known, the step is not an hour, or the question is narrower than a period.
             */
            median?: number | null;
            severity: components["schemas"]["Severities"];
            /** @description At least three times the usual, and ten more than it. */
            spike: boolean;
            /** Format: int64 */
            suppressed: number;
        };
        /** @description Who somebody is at a provider of logins. */
        Identity: {
            /** @description Address of the provider, as it writes it. */
            issuer: string;
            /** @description Id of the person there. */
            subject: string;
        };
        /** @description What agents sent since the server began. */
        IngestHealth: {
            /** Format: int64 */
            batches: number;
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            holes: number;
            /** Format: int64 */
            recorded: number;
            /** Format: int64 */
            refused: number;
            /** Format: int64 */
            repeated: number;
            /** Format: int64 */
            turned_away: number;
            /** Format: int64 */
            unreadable: number;
        };
        /** @description A report: asked for, being made, or made. */
        Job: components["schemas"]["AskedReport"] & {
            /** Format: date-time */
            asked_at: string;
            /** Format: date-time */
            done_at?: string | null;
            /** @description Why it failed. */
            error?: string | null;
            /** @description What can be fetched; the bundle is one file, `bundle.tar.gz`. */
            files: components["schemas"]["JobFile"][];
            id: string;
            made_by: string;
            outcome?: null | components["schemas"]["MadeOut"];
            /** @description What is being done, in a word; empty when nothing is. */
            progress: string;
            state: components["schemas"]["JobState"];
        };
        /** @description A file that can be fetched. */
        JobFile: {
            /** Format: int64 */
            bytes: number;
            /** @description Its path below the report. */
            name: string;
            /** @description In hex. */
            sha256: string;
        };
        /** @description Back-tests of this run of the server. */
        JobList: {
            backtests: components["schemas"]["JobOut"][];
        };
        /** @description A back-test. */
        JobOut: {
            /** Format: date-time */
            asked: string;
            by: string;
            /** @description SHA-256 of the text that is tried. */
            digest: string;
            error?: string | null;
            file: string;
            /** Format: date-time */
            from: string;
            id: string;
            /**
             * Format: double
             * @description 0 to 1 of what is read at present; `null` when that is not known.
             */
            progress?: number | null;
            /** Format: int64 */
            read: number;
            /** @description What is read: `recordings` (bytes), `findings` or `activity`, and how many so far. */
            reading?: string | null;
            result?: null | components["schemas"]["RuleDiffOut"];
            /** @description `queued`, `running`, `done`, `failed`, `cancelled`. */
            state: string;
            /** Format: date-time */
            to: string;
        };
        /**
         * @description How far a report is.
         * @enum {string}
         */
        JobState: "queued" | "running" | "done" | "failed";
        /** @description A text that was kept. */
        KeptText: {
            digest: string;
            text: string;
        };
        /** @description What last went wrong. */
        LastError: {
            text: string;
            /** Format: date-time */
            time: string;
        };
        /** @description The ledger. */
        LedgerHealth: {
            /** @description Where heads were published, the last time for each place. */
            anchors: components["schemas"]["AnchorHealth"][];
            /**
             * Format: int64
             * @description The last signed head: the record it vouches up to, and when it was signed.
             */
            head_seq?: number | null;
            /** Format: date-time */
            head_time?: string | null;
            id: string;
            /** @description Id of the key that signs. */
            key: string;
            /**
             * Format: int64
             * @description Secrets that were replaced since the server began.
             */
            redacted: number;
            /**
             * Format: int64
             * @description The last record.
             */
            seq: number;
            /**
             * Format: int64
             * @description Records that do not read as their kind says.
             */
            unreadable: number;
        };
        /** @description A record, and what vouches for it. */
        LedgerRecord: {
            /** @description The command that checks the file. */
            command: string;
            /** @description What `avouch verify` reads: written to a file, it can be checked without this server. */
            exhibit: components["schemas"]["ExhibitOut"];
            /** @description SHA-256 of its line, in hex. */
            hash: string;
            head?: null | components["schemas"]["CoveringHead"];
            /** @description Sort of fact: `finding`. */
            kind: string;
            /** @description Id of the ledger. */
            ledger: string;
            /** @description SHA-256 of the line before it; zeros for the first. */
            prev: string;
            /**
             * Format: int64
             * @description Secrets that were replaced in it.
             */
            redacted: number;
            /** @description The run of the source. */
            run: string;
            /**
             * Format: int64
             * @description Number of the record, from 1.
             */
            seq: number;
            /** @description Node or service that told it. */
            source: string;
            /**
             * Format: int64
             * @description Number among the records of the run.
             */
            source_seq: number;
            /**
             * Format: date-time
             * @description When it happened, as its source says.
             */
            time: string;
        };
        /** @description A one-time link with which a user sets a password. It is shown once. */
        LinkOut: {
            /**
             * Format: date-time
             * @description It can be used before this.
             */
            expires: string;
            /** @description Address for a browser. */
            link: string;
        };
        /** @description A version of the control list that was valid in the period. */
        ListOut: {
            /** @description Names; empty for a draft. */
            approved_by: string[];
            approved_on?: string | null;
            /** @description SHA-256 of its text, in hex. */
            digest: string;
            entity: string;
            id: string;
            title: string;
            valid_from?: string | null;
            /** Format: int32 */
            version: number;
        };
        /** @description Name and password. */
        LogIn: {
            password: string;
            user: string;
        };
        /** @description The file of an acceptance, and a period: times or days, the last 90 days when not given. */
        Looked: {
            from?: string | null;
            to?: string | null;
            yaml: string;
        };
        /** @description What was looked at. */
        LookedAt: {
            digest: string;
        };
        /** @description What a report came to. */
        MadeOut: {
            /**
             * Format: int64
             * @description The last record that it knows.
             */
            as_of_seq: number;
            deviations: number;
            /** Format: int64 */
            findings: number;
            /** @description SHA-256 of the bundle's manifest, in hex. */
            manifest: string;
            /** @description Nothing at all is known of the period. */
            no_evidence: boolean;
            open_deviations: number;
        };
        /** @description A token that was made. */
        MadeToken: {
            /** @description The secret. It is shown now and never again. */
            token: string;
        };
        /** @description A field that was not recorded. */
        MissingField: {
            field: string;
            /**
             * Format: int64
             * @description Records on which it depended.
             */
            records: number;
        };
        /** @description The activity of one node. */
        NodeActivityOut: {
            /**
             * Format: int64
             * @description Days with any.
             */
            days: number;
            /** Format: date-time */
            first?: string | null;
            /** @description Watched days without any, the newest 50 stretches of them. */
            gaps: components["schemas"]["ActivityGapOut"][];
            /** Format: date-time */
            last?: string | null;
            node: string;
            /** Format: int64 */
            records: number;
            /**
             * Format: int64
             * @description Days on which system calls were watched.
             */
            watched_days: number;
        };
        /** @description A machine, cluster or account. */
        NodeHealth: {
            /**
             * Format: double
             * @description Seconds by which its clock is ahead of the server's at least. That it is behind cannot be told from a slow way.
             */
            ahead_s: number;
            cluster: string;
            /** Format: int64 */
            detections: number;
            /**
             * Format: int64
             * @description Events since the server began.
             */
            events: number;
            /**
             * Format: date-time
             * @description When something last came of it, by the server's clock; absent when that was before the server began, or never.
             */
            heard?: string | null;
            kernel: string;
            /**
             * Format: int64
             * @description Whole events that were lost since the server began.
             */
            lost: number;
            /** @description By cause, parts of events included. */
            lost_by_cause: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Lost in the last ten minutes.
             */
            lost_lately: number;
            node: string;
            /** @description The server judges it itself: a cluster's audit log, a cloud account. */
            own: boolean;
            /** @description Why it is not `ok`; empty when it is. */
            reason: string;
            rule_set?: null | components["schemas"]["RuleSetHealth"];
            /** @description Digest of the rules that run. */
            rules_digest: string;
            run: string;
            state: components["schemas"]["State"];
            version: string;
            /** @description What does not keep it from watching and has to be looked at. */
            warnings: string[];
            /**
             * Format: date-time
             * @description Up to when it was watched, by its own clock.
             */
            watched_to?: string | null;
        };
        /** @description What a node loaded last. */
        NodeRules: {
            digest: string;
            node: string;
            not_running: number;
            /** @description Why newer rules were not taken. */
            refused?: string | null;
            /** @description Rules that run. */
            rules: number;
            run: string;
            /** @description It is the set of this server. */
            same: boolean;
            /** Format: date-time */
            time: string;
        };
        /** @description What a change does to the noise of a rule. */
        NoiseOut: {
            /** Format: double */
            after_a_day: number;
            /** Format: int64 */
            after_worst: number;
            /**
             * Format: double
             * @description Mean of a day of the period. What is gained from activity counts over the days of which there is activity.
             */
            before_a_day: number;
            /**
             * Format: int64
             * @description The worst day.
             */
            before_worst: number;
            /**
             * Format: int64
             * @description Findings a day that people can look at.
             */
            budget: number;
            /** Format: int64 */
            over_after: number;
            /**
             * Format: int64
             * @description Days over the budget.
             */
            over_before: number;
            /**
             * @description `within`, `over`; `may_be_over` when those of which it cannot be said would make it so; `not_known` when nothing was kept that
             *     would tell of the events that it is about.
             */
            verdict: string;
        };
        /** @description A rule and how often it fired, without what acceptances cover. */
        NoisyRule: {
            /**
             * Format: int64
             * @description Findings a day that people are to look at at most.
             */
            budget: number;
            /** Format: int64 */
            count: number;
            /** @description On some day it fired more often. */
            over: boolean;
            /** @description By day of the period, UTC; its first and last day may be parts. At most 100 days, the last ones. */
            per_day: number[];
            rule: string;
        };
        /** @description Something the control needs that comes from elsewhere. */
        NotCoveredOut: {
            what: string;
            why: string;
        };
        /** @description Notifications of the period. */
        NotifyHealth: {
            /** @description By channel and what became of them. */
            channels: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Format: int64 */
            delivered: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            held_back: number;
            last_failure?: null | components["schemas"]["Failure"];
        };
        /** @description One rule, whole. */
        OneRule: {
            answer: components["schemas"]["Answer"];
            /** @description As the file writes it, after appends. */
            condition: string;
            description: string;
            /** Format: date-time */
            first_day: string;
            output: string;
            /** @description With lists and macros put in. */
            resolved: string;
            rule: components["schemas"]["RuleRow"];
        };
        /** @description Open findings of a filter. */
        Open: {
            buckets: components["schemas"]["Age"][];
            oldest?: null | components["schemas"]["Row"];
        };
        /** @description Everything at a glance. */
        Overview: {
            answer: components["schemas"]["Answer"];
            controls: components["schemas"]["Strip"];
            gaps: components["schemas"]["GapOut"][];
            hours: components["schemas"]["Hour"][];
            open: components["schemas"]["Open"];
            rules: components["schemas"]["NoisyRule"][];
            severity: components["schemas"]["SeverityCount"][];
            suppressed: components["schemas"]["Compared"];
        };
        /** @description A period that an admin gives: days or times, `to` not part of it. */
        PeriodIn: {
            from: string;
            to: string;
        };
        /** @description From `from` up to and without `to`. */
        PeriodOut: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A place in a rule file. */
        PlaceOut: {
            file: string;
            /** @description From 1. */
            line: number;
        };
        /** @description What an acceptance would have suppressed. */
        PreviewOut: {
            /**
             * Format: int64
             * @description Findings that an acceptance had suppressed already.
             */
            already: number;
            by_day: components["schemas"]["DayNumber"][];
            by_rule: components["schemas"]["RuleNumber"][];
            diagnostics: components["schemas"]["DiagnosticOut"][];
            /** Format: date-time */
            from: string;
            /** Format: int64 */
            looked_at: number;
            /** @description Findings that somebody called true. */
            lost_true: components["schemas"]["SampleOut"];
            /**
             * Format: int64
             * @description Among them, findings that the ledger has no record of.
             */
            no_record: number;
            sample: components["schemas"]["SampleOut"];
            /** Format: date-time */
            to: string;
            /**
             * Format: int64
             * @description Findings of which it cannot be said: fields were not recorded, or the ledger no longer has them.
             */
            unknown: number;
            /**
             * Format: int64
             * @description Findings that nothing had suppressed.
             */
            would_remove: number;
        };
        /** @description Something wrong in a file. Lines and columns count from 1, columns in characters, ends exclusive. */
        Problem: {
            code: string;
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            end_column: number;
            /** Format: int64 */
            end_line: number;
            /** @description What may help. */
            hint?: string | null;
            /** Format: int64 */
            line: number;
            message: string;
            /** @description `error`, `warning` or `note`. */
            severity: string;
        };
        /** @description A process, as far as it was recorded. */
        Process: {
            cmdline?: string | null;
            exe?: string | null;
            name: string;
            /** Format: int64 */
            pid?: number | null;
        };
        /** @description The smallest acceptance that covers a finding. */
        ProposalOut: {
            /** @description As the ledger would have it. */
            acceptance: Record<string, unknown>;
            alternatives: components["schemas"]["AlternativeOut"][];
            preview: components["schemas"]["PreviewOut"];
            /** @description Fields that it asks, with their values. */
            subject: [
                string,
                string
            ][];
            /** @description The file. */
            yaml: string;
        };
        /** @description A provider of logins. */
        ProviderOut: {
            name: string;
        };
        /** @description What was read, and what there was not. */
        ReadOut: {
            /** Format: int64 */
            archives: number;
            /** Format: int64 */
            captures: number;
            /**
             * Format: int64
             * @description Events of recordings.
             */
            events: number;
            /**
             * Format: int64
             * @description Stored findings looked at.
             */
            findings: number;
            /** Format: date-time */
            from: string;
            /** @description What is missing, in sentences. */
            missing: string[];
            /** Format: date-time */
            to: string;
        };
        /** @description Where its record stands. */
        RecordAt: {
            ledger: string;
            /** Format: int64 */
            seq: number;
        };
        /** @description The records that came of it. */
        RecordedActs: {
            /** @description Numbers of records. */
            recorded: number[];
        };
        /** @description A fact that is not taken. */
        RefusedFact: {
            /** @description Why. */
            reason: string;
            /**
             * Format: int64
             * @description Its number.
             */
            seq: number;
        };
        /** @description Reports. */
        Reports: {
            reports: components["schemas"]["Job"][];
        };
        /** @description One that was taken back. */
        Revoked: {
            id: string;
        };
        /** @description A route. */
        RouteOut: {
            channels: string[];
            /** @description Who is told when nobody acknowledges: `after 15m: chat`. */
            escalates: string[];
            /** @description Later routes may take the finding, too. */
            goes_on: boolean;
            /** @description Which findings, in words; `everything` when it asks for nothing. */
            matches: string;
            name: string;
        };
        /** @description One line of a list of findings. */
        Row: {
            acknowledged?: null | components["schemas"]["By"];
            /** @description Who is to look at it. */
            assignee?: string | null;
            cluster: string;
            command: string;
            container: string;
            container_unknown: boolean;
            criteria: string[];
            decision?: null | components["schemas"]["DecidedBy"];
            id: string;
            image: string;
            /** Format: int64 */
            lost_events?: number | null;
            namespace: string;
            node: string;
            object: string;
            output: string;
            pod: string;
            priority: string;
            process: string;
            record: components["schemas"]["RecordAt"];
            /**
             * Format: date-time
             * @description When the ledger took it.
             */
            recorded: string;
            rule: string;
            severity: string;
            /** @description There is a capture around it. */
            slice: boolean;
            source: string;
            /** @description Id of the acceptance that covers it. */
            suppressed?: string | null;
            tags: string[];
            /** Format: date-time */
            time: string;
            user: string;
        };
        /** @description What a change of rules makes of the detections of one rule. */
        RuleChangeOut: {
            activity?: null | components["schemas"]["ActivityChangeOut"];
            /**
             * Format: int64
             * @description As far as is certain; `unknown` ones may come to them.
             */
            after: number;
            /** Format: int64 */
            before: number;
            /** @description By day with any, for a rule that differs. */
            days: components["schemas"]["DayOut"][];
            gained: components["schemas"]["SampleOut"];
            lost: components["schemas"]["SampleOut"];
            noise?: null | components["schemas"]["NoiseOut"];
            /**
             * Format: int64
             * @description Of `before`, how many were replayed, which is exact.
             */
            replayed: number;
            rule: string;
            /**
             * Format: int64
             * @description Stored findings of which it cannot be said.
             */
            unknown: number;
            /** @description `added`, `removed`, `changed` or `same`. */
            what: string;
        };
        /** @description What other rules would have found. */
        RuleDiffOut: {
            activity: components["schemas"]["ActivityReadOut"];
            /** @description Findings that somebody called true and that would be no more. */
            lost_true: components["schemas"]["SampleOut"];
            read: components["schemas"]["ReadOut"];
            /** @description Rules that differ, or whose detections do, then the others. */
            rules: components["schemas"]["RuleChangeOut"][];
            /**
             * Format: int64
             * @description Stored findings of which it cannot be said.
             */
            unknown: number;
            /** @description Known true findings of which it cannot be said. */
            unknown_true: components["schemas"]["SampleOut"];
        };
        /** @description The effective set. */
        RuleList: {
            answer: components["schemas"]["Answer"];
            /** @description Digest of the loaded set; agents tell the same of theirs. */
            digest: string;
            /** @description Errors and warnings of the loaded files. */
            errors: number;
            /**
             * Format: date-time
             * @description First day of `per_day`.
             */
            first_day: string;
            rules: components["schemas"]["RuleRow"][];
            warnings: number;
        };
        RuleNumber: {
            /** Format: int64 */
            count: number;
            rule: string;
        };
        /** @description A rule of a control. */
        RuleOut: {
            name: string;
            source: string;
        };
        /** @description A rule, and how often it fired. */
        RuleRow: {
            /**
             * Format: int64
             * @description Findings a day that people are to look at at most.
             */
            budget: number;
            /** @description Criteria that it serves first. */
            criteria: string[];
            criteria_secondary: string[];
            /** @description It is judged by this server, or would be if it had its source. */
            enabled: boolean;
            /** @description `null` when it is not here. */
            file?: string | null;
            line?: number | null;
            name: string;
            /** @description On some day it fired more often. */
            over: boolean;
            /** @description Other places that define it too, append to it or override it. */
            overridden_by: components["schemas"]["PlaceOut"][];
            /** @description By day of UTC from `first_day` on, without what acceptances cover. */
            per_day: number[];
            priority: string;
            /** @description In the scale of findings. */
            severity?: string | null;
            /** @description Rules that take all of its events where only the first matching rule fires. */
            shadowed_by: components["schemas"]["PlaceOut"][];
            source: string;
            /**
             * @description `loaded`, `disabled`, `below priority`, `unknown source`, `skipped`, `failed`; `not here` for a rule that this server has not and
             *     that had findings in the period.
             */
            status: string;
            /**
             * Format: int64
             * @description Findings that acceptances cover.
             */
            suppressed: number;
            tags: string[];
            /** Format: int64 */
            total: number;
        };
        /** @description The rule set of an agent that takes its rules from the server. */
        RuleSetHealth: {
            /**
             * Format: date-time
             * @description Since when another set is wanted than it runs, or runs wholly; `null` when it is not behind.
             */
            behind_since?: string | null;
            /** @description Why it did not take the wanted set, or not all of it, or why the server cannot serve it. */
            refused?: string | null;
            /** @description Digest of the set that it runs. */
            runs: string;
            /** @description Digest of the set that the server has for agents; `null` when it has none, or none that it can serve. */
            wanted?: string | null;
        };
        /** @description What nodes loaded. */
        RuleSets: {
            answer: components["schemas"]["Answer"];
            /** @description Digest of this server's set. */
            digest: string;
            /** @description Nodes that are not listed. */
            left_out: number;
            nodes: components["schemas"]["NodeRules"][];
        };
        /** @description How many there are, and the newest of them. */
        SampleOut: {
            /** Format: int64 */
            count: number;
            rows: components["schemas"]["FoundOut"][];
        };
        /** @description Another file. */
        SaveChannels: {
            /** @description Of the text that was edited. */
            digest: string;
            text: string;
        };
        /** @description What was saved. */
        SavedFile: {
            diagnostics: components["schemas"]["DiagnosticOut"][];
            digest: string;
            /** @description Digest of the rule set that counts now. */
            rules: string;
        };
        /** @description A control that selects the rule of a finding. */
        SelectedBy: {
            id: string;
            title: string;
        };
        /** @description The server itself. */
        ServerHealth: {
            /**
             * Format: date-time
             * @description Since when counts are counted.
             */
            begun: string;
            /** Format: date-time */
            time: string;
            version: string;
        };
        /** @description A session. */
        SessionOut: {
            address: string;
            /** @description What the browser calls itself. */
            agent: string;
            /** @description It is the one that asks. */
            current: boolean;
            /** @description To end it by. */
            id: string;
            /**
             * Format: date-time
             * @description To the minute.
             */
            last_seen: string;
            /** Format: date-time */
            made: string;
            /** @description `password`, `link` or `oidc`. */
            means: string;
            user: string;
        };
        /** @description Who is logged in, and what a page needs to know of the server. */
        SessionState: {
            /** @description Clusters that findings of the last 90 days or watched nodes name, at most 200; none when nobody is logged in. */
            cluster_names: string[];
            /** @description For the header `x-csrf-token`; `null` when nobody is logged in, or by a token. */
            csrf?: string | null;
            oidc?: null | components["schemas"]["ProviderOut"];
            /** Format: date-time */
            server_time: string;
            /** @description Nobody can log in yet: the operator's terminal shows a link. */
            setup_needed: boolean;
            user?: null | components["schemas"]["UserState"];
            /** @description Version of avouch. */
            version: string;
        };
        /** @description Sessions that have not ended, newest first. */
        SessionsOut: {
            /** @description Everybody's are listed, or only those of who asks. */
            everybody: boolean;
            sessions: components["schemas"]["SessionOut"][];
        };
        /** @description A one-time link's secret, and who its holder wants to be. */
        Setup: {
            link_token: string;
            password: string;
            user: string;
        };
        /** @description Counts by severity. */
        Severities: {
            /** Format: int64 */
            critical: number;
            /** Format: int64 */
            high: number;
            /** Format: int64 */
            informational: number;
            /** Format: int64 */
            low: number;
            /** Format: int64 */
            medium: number;
        };
        /** @description Findings of a severity that no acceptance covers. */
        SeverityCount: {
            /**
             * Format: int64
             * @description In the period before of the same length.
             */
            before: number;
            /** Format: int64 */
            count: number;
            severity: string;
        };
        /** @description A day of UTC. */
        SimilarDay: {
            /** Format: int64 */
            count: number;
            /** @description As `2026-11-26`. */
            day: string;
            /**
             * Format: int64
             * @description Covered by an acceptance; not part of `count`.
             */
            suppressed: number;
        };
        /** @description How often the same was found. */
        SimilarFindings: {
            answer: components["schemas"]["Answer"];
            /** @description Every day of the period, also those without. */
            by_day: components["schemas"]["SimilarDay"][];
        };
        /** @description What the folder of evidence takes. */
        Sizes: {
            /**
             * Format: int64
             * @description Files of both.
             */
            files: number;
            /**
             * Format: int64
             * @description Bytes of the ledger.
             */
            ledger_bytes: number;
            /**
             * Format: int64
             * @description Bytes of the store, an index that can be made anew from the ledger.
             */
            store_bytes: number;
        };
        /** @description A stretch in which something was to be watched and was not, or not wholly. */
        SourceGap: {
            cause: string;
            cluster: string;
            /** Format: date-time */
            from: string;
            /** @description Empty for a time in which nothing was known that was to be watched. */
            node: string;
            /** @description Empty as the node. */
            source: string;
            /** Format: date-time */
            to: string;
        };
        /** @description One source of a node. */
        SourceHealth: {
            cluster: string;
            digests?: null | components["schemas"]["Digests"];
            /**
             * Format: int64
             * @description Whole events of it that were lost since the server began. What no source is named for counts for each of its node.
             */
            drops: number;
            /**
             * Format: int64
             * @description Of these, lost in the last ten minutes.
             */
            drops_lately: number;
            /**
             * Format: int64
             * @description Events since the server began.
             */
            events: number;
            /**
             * Format: double
             * @description How old what comes is, in seconds: of an agent, since the end of its last observation; of audit records, the greatest lateness of
             *     the last ones, and absent as long as none came.
             */
            lag_s?: number | null;
            /**
             * Format: date-time
             * @description End of the last stretch in which an event came.
             */
            last_event?: string | null;
            node: string;
            /** @description As of the node: a machine and a cluster may have the same name. */
            own: boolean;
            /** @description Why it is not `ok`; empty when it is. */
            reason: string;
            rules_digest: string;
            /** @description As of the node. */
            run: string;
            source: string;
            state: components["schemas"]["State"];
            version: string;
        };
        SourceWithGaps: components["schemas"]["SourceHealth"] & {
            expected?: null | components["schemas"]["Expected"];
            /**
             * @description When it was not watched in the period, the newest first. They are of the name: it was watched while any run of that name watched it,
             *     and two that have the same name and source have the same gaps.
             */
            gaps: components["schemas"]["SourceGap"][];
        };
        /**
         * @description How something stands; the later, the worse.
         * @enum {string}
         */
        State: "ok" | "starting" | "late" | "losing" | "changed" | "stopped" | "silent" | "failing" | "never";
        /** @description One step of a histogram. */
        Step: {
            /** Format: date-time */
            from: string;
            severity: components["schemas"]["Severities"];
            /**
             * Format: int64
             * @description Findings that acceptances cover; they are not part of `severity`.
             */
            suppressed: number;
        };
        /** @description The criteria that loaded rules are evidence for, by day. */
        Strip: {
            criteria: components["schemas"]["CriterionRow"][];
            /** @description Days (`2026-11-26`), UTC. */
            days: string[];
        };
        /** @description A criterion on a day. */
        StripDay: {
            /**
             * Format: int64
             * @description Findings that it is served by first, without what acceptances cover.
             */
            findings: number;
            /**
             * Format: double
             * @description Part of the time to be watched that was watched with nothing lost, 0 to 1; 0 when nothing was to be watched.
             */
            share: number;
            state: components["schemas"]["DayState"];
            /** @description Why it was not watched wholly, a few of the reasons. */
            why: string[];
        };
        /** @description What kind of event. */
        TestEvent: {
            /**
             * @description Cluster, for the same reason.
             * @default null
             */
            cluster?: string | null;
            /**
             * @description Its severity, to try a route of notifications: `informational` when not given.
             * @default null
             */
            severity?: string | null;
        };
        /** @description What became of it. */
        TestEventAnswer: {
            /** @description Id of the finding. */
            finding: string;
            /** @description The word that marks it. */
            nonce: string;
            /**
             * Format: date-time
             * @description When it came out at the other end, where listeners hear of it; `null` when it did not in time.
             */
            seen?: string | null;
            /**
             * Format: int64
             * @description Number of its record.
             */
            seq: number;
        };
        /** @description A text to save. */
        ToSave: {
            /** @description Digest of the text that was edited; `null` makes a new file. */
            digest?: string | null;
            text: string;
        };
        /** @description A token without its secret. */
        TokenOut: {
            /** Format: date-time */
            expires?: string | null;
            /** @description To revoke it by. */
            id: string;
            /**
             * Format: date-time
             * @description To the minute.
             */
            last_used?: string | null;
            /** Format: date-time */
            made: string;
            made_by: string;
            name: string;
            /** @description The only node that it may bring facts of. */
            node?: string | null;
            /** Format: date-time */
            revoked?: string | null;
            scopes: string[];
            /** @description `works`, `ended` or `revoked`. */
            state: string;
        };
        /** @description Every token, those that were revoked or have ended too, newest first. */
        TokensOut: {
            tokens: components["schemas"]["TokenOut"][];
        };
        /** @description What became of findings before any channel, since the start. */
        Told: {
            /**
             * Format: int64
             * @description Incidents of which channels are no longer told what became of them, since the start: too many were open.
             */
            given_up: number;
            /**
             * Format: int64
             * @description Of those routed, how many were old when they came, and are told in sum.
             */
            late: number;
            /**
             * Format: int64
             * @description Older than so many seconds is old.
             */
            late_s: number;
            /**
             * Format: int64
             * @description At least one route took them.
             */
            routed: number;
            /**
             * Format: int64
             * @description An acceptance covers them.
             */
            suppressed: number;
            /**
             * Format: int64
             * @description No route fits: nobody was told.
             */
            unrouted: number;
        };
        /** @description A text to try. */
        Tried: {
            /** @description Times or days; the last 90 days when not given. */
            from?: string | null;
            text: string;
            to?: string | null;
        };
        /** @description A text to check. */
        Typed: {
            text: string;
        };
        /** @description A user. */
        UserOut: {
            has_password: boolean;
            identities: components["schemas"]["Identity"][];
            /** Format: date-time */
            last_login?: string | null;
            /** Format: date-time */
            made: string;
            name: string;
            period?: null | components["schemas"]["PeriodOut"];
            /** @description `admin`, `analyst` or `auditor`. */
            role: string;
            /** @description `enabled` or `disabled`. */
            state: string;
        };
        /** @description Somebody. */
        UserState: {
            name: string;
            period?: null | components["schemas"]["PeriodOut"];
            permissions: string[];
            /** @description `admin`, `analyst`, `auditor`, or the scopes of a token. */
            role: string;
        };
        /** @description Every user who was not removed. */
        UsersOut: {
            users: components["schemas"]["UserOut"][];
        };
        ValueCount: {
            /** Format: int64 */
            count: number;
            value: string;
        };
        /** @description What the verifier says of a report's bundle. */
        Verification: {
            /** @description What to run where this server cannot reach. */
            command: string;
            /** @description What was looked at and what is wrong, one sentence each. */
            lines: string[];
            /** @description `intact`, `unproven` or `failed`. */
            verdict: string;
        };
        /** @description A version of a file, as the ledger tells. */
        VersionOut: {
            /** @description That of the text before. */
            before?: string | null;
            by: string;
            /** @description SHA-256 of the text; `/rule-texts/{digest}` gives it. */
            digest: string;
            /**
             * Format: int64
             * @description Number of the record.
             */
            seq: number;
            /** Format: date-time */
            time: string;
        };
        /** @description A finding with its history. */
        WholeFinding: {
            answer: components["schemas"]["Answer"];
            /** @description Controls that its rule is evidence for, by the control list that was valid when it happened. */
            controls: components["schemas"]["SelectedBy"][];
            /** @description As the ledger has it; `null` when the ledger no longer has its record. */
            finding?: Record<string, unknown> | null;
            history: components["schemas"]["Happened"][];
            row: components["schemas"]["Row"];
        };
        /** @description Why it is taken back. */
        Why: {
            reason: string;
        };
        /** @description The finding to accept. */
        Wish: {
            /** @description Its id. */
            finding: string;
        };
        Write: {
            text: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
