--
-- PostgreSQL database dump
--

\restrict 8ZBygFR68RfpNT4hPPtT7xZg4qPVXxBK5ZiSwu5x0lgMWu3gpppWobO1661hCF8

-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Data for Name: study_centres; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

SET SESSION AUTHORIZATION DEFAULT;

ALTER TABLE public.study_centres DISABLE TRIGGER ALL;

INSERT INTO public.study_centres VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', 'Opintokeskus Esimerkki', '2023-03-15 10:00:00+00', 60),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', 'Opintokeskus Esimerkki', '2023-03-15 10:00:00+00', 60);


ALTER TABLE public.study_centres ENABLE TRIGGER ALL;

--
-- Data for Name: actors; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.actors DISABLE TRIGGER ALL;

INSERT INTO public.actors VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00c1-787c-8a58-315a782d44dd', 'person'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'person'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0294-70c3-96ae-85f5a599beba', 'api_key'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-031d-7d46-882b-280617a329e2', 'person'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'person'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'person'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0374-77bc-b9e3-6e8e9f5af243', 'api_key'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03f2-743b-bb5f-e042f127eea8', 'person');


ALTER TABLE public.actors ENABLE TRIGGER ALL;

--
-- Data for Name: organisations; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.organisations DISABLE TRIGGER ALL;

INSERT INTO public.organisations VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'central', NULL, '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'Öljylamppu ry', NULL, '}ljylamppu ry', 'oljylamppu ry', NULL, 'fi', 'https://example.org/', NULL, NULL, NULL, NULL, '2000-01-01', NULL, 'allotment_then_common', true, '2023-03-15 10:00:00+00', NULL, '{}', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'central', NULL, '01a223d2-0349-7d4a-a553-b711cf9cda62', 'Öljylamppu ry', NULL, '}ljylamppu ry', 'oljylamppu ry', NULL, 'fi', 'https://example.org/', NULL, NULL, NULL, NULL, '2000-01-01', NULL, 'allotment_then_common', true, '2023-03-15 10:00:00+00', NULL, '{}', NULL);


ALTER TABLE public.organisations ENABLE TRIGGER ALL;

--
-- Data for Name: persons; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.persons DISABLE TRIGGER ALL;

INSERT INTO public.persons VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00c1-787c-8a58-315a782d44dd', 'Aino Esimerkki', '01a223d2-00c1-787c-8a58-315a782d44dd@example.org', 'fi', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'Aino Esimerkki', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4@example.org', 'fi', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-031d-7d46-882b-280617a329e2', 'Uusi Tulija', 'uusi@example.org', 'fi', '2023-03-15 10:00:00+00', NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'Aino Esimerkki', '01a223d2-0333-7fcf-a3e1-62a05dd59446@example.org', 'fi', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'Aino Esimerkki', '01a223d2-034c-7d3b-a50f-c7d6d1385f94@example.org', 'fi', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03f2-743b-bb5f-e042f127eea8', 'Uusi Tulija', 'uusi@example.org', 'fi', '2023-03-15 10:00:00+00', NULL, NULL, NULL, NULL);


ALTER TABLE public.persons ENABLE TRIGGER ALL;

--
-- Data for Name: api_keys; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.api_keys DISABLE TRIGGER ALL;

INSERT INTO public.api_keys VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0294-70c3-96ae-85f5a599beba', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'Jäsenrekisteri', '{hours:read}', 'tp_fnt5i363', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '2023-03-15 10:00:00+00', '2027-11-28 20:21:35+00', NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0374-77bc-b9e3-6e8e9f5af243', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'Jäsenrekisteri', '{hours:read}', 'tp_i35tzga2', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '2023-03-15 10:00:00+00', '2027-11-28 20:21:35+00', NULL, NULL, NULL, NULL);


ALTER TABLE public.api_keys ENABLE TRIGGER ALL;

--
-- Data for Name: audit_entries; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.audit_entries DISABLE TRIGGER ALL;

INSERT INTO public.audit_entries VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00fe-7f13-ae07-911386953b8d', '01a223d2-00c1-787c-8a58-315a782d44dd', 'hour-pool.set', '01a223d2-00fa-7f37-8786-339846234472', NULL, NULL, '{"year": 2023, "hours": 1000}', '8fd5f8c53be0900d54c1850a62763c3f', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-024b-7acb-91a6-26546919857f', '01a223d2-00c1-787c-8a58-315a782d44dd', 'organisation.added', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"kind": "central", "parent_id": null}', '98812bb060d528666c881dd74825898f', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0260-76b7-8252-5e40d2a6aaf6', '01a223d2-00c1-787c-8a58-315a782d44dd', 'hour-decision.made', '01a223d2-025b-7bcd-bc2d-8c8226cd80d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'ä', '{"year": 2023, "hours": 500}', 'cdb16f9c3cf81aecfa65a15f57c3369d', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-026e-717a-99c4-e7f4a64bc863', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'hour-return.booked', '01a223d2-026c-7da6-ad68-e5299dee61d6', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"year": 2023, "hours": 20}', 'ccf8119ebbd8359424c633ce735d9b45', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-027b-7440-86ca-9efd74ecf488', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'supplementary-hour-request.submitted', '01a223d2-0279-719f-b837-9195903b7e2f', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"hours": 5}', 'f6c84bce6ac7a849e7c9cfd0f75e644c', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0285-78e5-8544-ab165e88a3cc', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'supplementary-hour-request.withdrawn', '01a223d2-0279-719f-b837-9195903b7e2f', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{}', 'b6c944c69a684c29ee7f5d0d3095ba16', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-028f-7136-97de-0d5045e393b4', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'organisation.changed', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"changed": ["website"]}', '8e1e804f3d0d95aa0323d49ac904996e', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0296-793f-8c00-dd96535b73f0', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'api-key.made', '01a223d2-0294-70c3-96ae-85f5a599beba', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"scopes": ["hours:read"]}', 'f52bff3d6e924b59e7d806219060cf0e', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0314-7598-9d1f-924574b867e0', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'logo.changed', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', NULL, '{"digest": "fcb8c1d9ce900472d36ad829ab8127fc9bd2111172e9440717549076d1d819d8"}', 'b169ac2b3438345225b1f218ff0290c8', '2023-03-15 10:00:00+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0323-74fa-85f8-4b0a7f69c1ef', '01a223d2-031d-7d46-882b-280617a329e2', 'person.registered', '01a223d2-031d-7d46-882b-280617a329e2', NULL, NULL, '{"person_id": "01a223d2-031d-7d46-882b-280617a329e2"}', 'e3b20f88141243b02a6d8df99dfafbeb', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0345-79e1-b135-16f2fcad91e1', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'hour-pool.set', '01a223d2-0342-7982-8f2f-7cb2964c4cd8', NULL, NULL, '{"year": 2023, "hours": 1000}', 'e8b7bf2777d6c51ec89870674904188b', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034b-76c2-8e94-083243295814', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'organisation.added', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"kind": "central", "parent_id": null}', '9b97e3ccfb0ae7c2f4a9c2d8d172e901', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0356-75cc-ae80-2471a0088943', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'hour-decision.made', '01a223d2-0353-750b-bea0-a495f99b7764', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'ä', '{"year": 2023, "hours": 500}', '099721dec74af7237033925787a6c907', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-035e-71da-b2c2-e2feaf1e617e', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'hour-return.booked', '01a223d2-035d-7f9a-b1a2-7370260c824c', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"year": 2023, "hours": 20}', '0fb52ce73d523ce2b7f731015c352994', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0365-78c1-9355-fd79ee34fc98', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'supplementary-hour-request.submitted', '01a223d2-0364-7db4-81de-c21100a81a3f', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"hours": 5}', 'fd24549d109ff4389f02d1c9658080f1', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-036b-7ce4-9405-4bba9c66b4fe', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'supplementary-hour-request.withdrawn', '01a223d2-0364-7db4-81de-c21100a81a3f', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{}', 'e242f89029656b0a2f7fa5bef88317cd', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0371-7aaf-b7b2-2e90de192f40', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'organisation.changed', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"changed": ["website"]}', '4e3f3ae7d39ade04c60b3164a568f970', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0375-7b7a-873f-a1a664456a31', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'api-key.made', '01a223d2-0374-77bc-b9e3-6e8e9f5af243', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"scopes": ["hours:read"]}', 'ebf83ecaf5be1791ee028c3e1451fcc0', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03ee-7083-831d-5d64a16976af', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'logo.changed', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', NULL, '{"digest": "fcb8c1d9ce900472d36ad829ab8127fc9bd2111172e9440717549076d1d819d8"}', '0ffdfeda424f75e2ef766b05b8605dc0', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03f5-7483-9816-70f4bdf6911f', '01a223d2-03f2-743b-bb5f-e042f127eea8', 'person.registered', '01a223d2-03f2-743b-bb5f-e042f127eea8', NULL, NULL, '{"person_id": "01a223d2-03f2-743b-bb5f-e042f127eea8"}', '06e202996745dba47e19d5f24c5a3db5', '2023-03-15 10:00:00+00');


ALTER TABLE public.audit_entries ENABLE TRIGGER ALL;

--
-- Data for Name: bank_account_changes; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.bank_account_changes DISABLE TRIGGER ALL;



ALTER TABLE public.bank_account_changes ENABLE TRIGGER ALL;

--
-- Data for Name: calendar_feeds; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.calendar_feeds DISABLE TRIGGER ALL;



ALTER TABLE public.calendar_feeds ENABLE TRIGGER ALL;

--
-- Data for Name: calendar_feed_events; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.calendar_feed_events DISABLE TRIGGER ALL;



ALTER TABLE public.calendar_feed_events ENABLE TRIGGER ALL;

--
-- Data for Name: callers; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.callers DISABLE TRIGGER ALL;

INSERT INTO public.callers VALUES
	('tuntipankki-sandbox', '01a223d2-00c1-787c-8a58-315a782d44dd', '01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00c1-787c-8a58-315a782d44dd', NULL, NULL),
	('tuntipankki-sandbox', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', NULL, NULL),
	(NULL, NULL, '01a223d2-00b0-7340-9464-5a584a84697b', NULL, '\xcea4acece9396ffcd8bf9f87daf204166a33721702c45ea83232fb73dab2d20a', '01a223d2-0294-70c3-96ae-85f5a599beba'),
	('tuntipankki-sandbox', 'newcomer of 01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-031d-7d46-882b-280617a329e2', NULL, NULL),
	('tuntipankki-sandbox', '01a223d2-0333-7fcf-a3e1-62a05dd59446', '01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0333-7fcf-a3e1-62a05dd59446', NULL, NULL),
	('tuntipankki-sandbox', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', NULL, NULL),
	(NULL, NULL, '01a223d2-032c-7106-9f64-ae417b4cf0d2', NULL, '\x7a151cee55f63e975bb451ae5d91d72af7bddf864d77fa9c42a8f20a6e8afa6e', '01a223d2-0374-77bc-b9e3-6e8e9f5af243'),
	('tuntipankki-sandbox', 'newcomer of 01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03f2-743b-bb5f-e042f127eea8', NULL, NULL);


ALTER TABLE public.callers ENABLE TRIGGER ALL;

--
-- Data for Name: regional_offices; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.regional_offices DISABLE TRIGGER ALL;



ALTER TABLE public.regional_offices ENABLE TRIGGER ALL;

--
-- Data for Name: contact_assignments; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.contact_assignments DISABLE TRIGGER ALL;



ALTER TABLE public.contact_assignments ENABLE TRIGGER ALL;

--
-- Data for Name: deadlines; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.deadlines DISABLE TRIGGER ALL;

INSERT INTO public.deadlines VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00bb-748c-9faa-3c4a3b962000', 2023, 'change_window', 2023, NULL, '2023-03-13', '2023-03-25', true, NULL, '1999-12-31 22:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0332-7cf6-ae3b-d214b7d71b29', 2023, 'change_window', 2023, NULL, '2023-03-13', '2023-03-25', true, NULL, '1999-12-31 22:00:00+00');


ALTER TABLE public.deadlines ENABLE TRIGGER ALL;

--
-- Data for Name: deadline_extensions; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.deadline_extensions DISABLE TRIGGER ALL;



ALTER TABLE public.deadline_extensions ENABLE TRIGGER ALL;

--
-- Data for Name: hour_pools; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_pools DISABLE TRIGGER ALL;

INSERT INTO public.hour_pools VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', 2023, -1000, 520, 20, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', 2023, -1000, 520, 20, NULL);


ALTER TABLE public.hour_pools ENABLE TRIGGER ALL;

--
-- Data for Name: hour_balances; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_balances DISABLE TRIGGER ALL;

INSERT INTO public.hour_balances VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 2023, '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 480, 0, 0, 0, 0, 20, 0, false),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0349-7d4a-a553-b711cf9cda62', 2023, '01a223d2-0349-7d4a-a553-b711cf9cda62', 480, 0, 0, 0, 0, 20, 0, false);


ALTER TABLE public.hour_balances ENABLE TRIGGER ALL;

--
-- Data for Name: hour_corrections; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_corrections DISABLE TRIGGER ALL;



ALTER TABLE public.hour_corrections ENABLE TRIGGER ALL;

--
-- Data for Name: hour_proposals; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_proposals DISABLE TRIGGER ALL;



ALTER TABLE public.hour_proposals ENABLE TRIGGER ALL;

--
-- Data for Name: hour_decisions; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_decisions DISABLE TRIGGER ALL;

INSERT INTO public.hour_decisions VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-025b-7bcd-bc2d-8c8226cd80d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 2023, NULL, NULL, 500, 'ä', '01a223d2-00c1-787c-8a58-315a782d44dd', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0353-750b-bea0-a495f99b7764', '01a223d2-0349-7d4a-a553-b711cf9cda62', 2023, NULL, NULL, 500, 'ä', '01a223d2-0333-7fcf-a3e1-62a05dd59446', '2023-03-15 10:00:00+00');


ALTER TABLE public.hour_decisions ENABLE TRIGGER ALL;

--
-- Data for Name: hour_distributions; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_distributions DISABLE TRIGGER ALL;



ALTER TABLE public.hour_distributions ENABLE TRIGGER ALL;

--
-- Data for Name: hour_proposal_lines; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_proposal_lines DISABLE TRIGGER ALL;



ALTER TABLE public.hour_proposal_lines ENABLE TRIGGER ALL;

--
-- Data for Name: hour_proposal_revisions; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_proposal_revisions DISABLE TRIGGER ALL;



ALTER TABLE public.hour_proposal_revisions ENABLE TRIGGER ALL;

--
-- Data for Name: hour_returns; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_returns DISABLE TRIGGER ALL;

INSERT INTO public.hour_returns VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-026c-7da6-ad68-e5299dee61d6', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 2023, 20, 'Jäi yli', 'booked', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-035d-7f9a-b1a2-7370260c824c', '01a223d2-0349-7d4a-a553-b711cf9cda62', 2023, 20, 'Jäi yli', 'booked', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '2023-03-15 10:00:00+00');


ALTER TABLE public.hour_returns ENABLE TRIGGER ALL;

--
-- Data for Name: hour_transfers; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.hour_transfers DISABLE TRIGGER ALL;

INSERT INTO public.hour_transfers OVERRIDING SYSTEM VALUE VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00fa-7fff-a546-de7e66c31492', 1, 2023, 'pool', 1000, NULL, 'state', NULL, 'pool', NULL, 'hour_pool', '01a223d2-00fa-7f37-8786-339846234472', '01a223d2-00c1-787c-8a58-315a782d44dd', '2023-03-15 10:00:00+00', '\x3b238f7e15004934b979843a4507127efddd171ce0e99163b61063220d4d71e8', 1),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-025e-70ed-b68b-b2b08d3666c1', 2, 2023, 'grant', 500, '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'pool', NULL, 'common', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'hour_decision', '01a223d2-025b-7bcd-bc2d-8c8226cd80d9', '01a223d2-00c1-787c-8a58-315a782d44dd', '2023-03-15 10:00:00+00', '\x5998bd13f1fef7cdf04f2322399eac394265371c819c12a5e4c1378d93de17bb', 1),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-026c-7f10-a039-f24c979e3605', 3, 2023, 'return', 20, '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'common', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'pool', NULL, 'hour_return', '01a223d2-026c-7da6-ad68-e5299dee61d6', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '2023-03-15 10:00:00+00', '\xdf7506a22dde143b4e652c2d9bfae336d35fd188678ef031a9f50ba70ac7cd43', 1),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0342-79f9-890c-53072457a1f7', 4, 2023, 'pool', 1000, NULL, 'state', NULL, 'pool', NULL, 'hour_pool', '01a223d2-0342-7982-8f2f-7cb2964c4cd8', '01a223d2-0333-7fcf-a3e1-62a05dd59446', '2023-03-15 10:00:00+00', '\x9c82b2190022e5e1a45086635ff0b043538263e3a94b90192d3f9efa8d384791', 1),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0354-73aa-b15c-4812659680b9', 5, 2023, 'grant', 500, '01a223d2-0349-7d4a-a553-b711cf9cda62', 'pool', NULL, 'common', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'hour_decision', '01a223d2-0353-750b-bea0-a495f99b7764', '01a223d2-0333-7fcf-a3e1-62a05dd59446', '2023-03-15 10:00:00+00', '\x1de1f3722ef8192ffb761a0311fc61da5d7f836826d6e6de8450877564bc8cfd', 1),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-035e-7122-8044-4a19ff0be8da', 6, 2023, 'return', 20, '01a223d2-0349-7d4a-a553-b711cf9cda62', 'common', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'pool', NULL, 'hour_return', '01a223d2-035d-7f9a-b1a2-7370260c824c', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '2023-03-15 10:00:00+00', '\xe817e46262f8c9bec54a8ac36379060a1b84e6262832d7c2003fde4fb6f55394', 1);


ALTER TABLE public.hour_transfers ENABLE TRIGGER ALL;

--
-- Data for Name: mail_preferences; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.mail_preferences DISABLE TRIGGER ALL;



ALTER TABLE public.mail_preferences ENABLE TRIGGER ALL;

--
-- Data for Name: mails; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.mails DISABLE TRIGGER ALL;



ALTER TABLE public.mails ENABLE TRIGGER ALL;

--
-- Data for Name: role_applications; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.role_applications DISABLE TRIGGER ALL;



ALTER TABLE public.role_applications ENABLE TRIGGER ALL;

--
-- Data for Name: role_grants; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.role_grants DISABLE TRIGGER ALL;

INSERT INTO public.role_grants VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00c6-705a-922e-19e025ebd093', '01a223d2-00c1-787c-8a58-315a782d44dd', 'staff', NULL, '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0251-7dae-8a48-a7abdbf4e029', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', 'main_user', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0335-76bc-a63c-934cc139cb2c', '01a223d2-0333-7fcf-a3e1-62a05dd59446', 'staff', NULL, '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034d-79c3-9f2b-7fb806044931', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', 'main_user', '01a223d2-0349-7d4a-a553-b711cf9cda62', '1999-12-31 22:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);


ALTER TABLE public.role_grants ENABLE TRIGGER ALL;

--
-- Data for Name: signatories; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.signatories DISABLE TRIGGER ALL;



ALTER TABLE public.signatories ENABLE TRIGGER ALL;

--
-- Data for Name: main_user_applications; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.main_user_applications DISABLE TRIGGER ALL;



ALTER TABLE public.main_user_applications ENABLE TRIGGER ALL;

--
-- Data for Name: main_user_application_documents; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.main_user_application_documents DISABLE TRIGGER ALL;



ALTER TABLE public.main_user_application_documents ENABLE TRIGGER ALL;

--
-- Data for Name: main_user_application_signed_documents; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.main_user_application_signed_documents DISABLE TRIGGER ALL;



ALTER TABLE public.main_user_application_signed_documents ENABLE TRIGGER ALL;

--
-- Data for Name: main_user_application_signatures; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.main_user_application_signatures DISABLE TRIGGER ALL;



ALTER TABLE public.main_user_application_signatures ENABLE TRIGGER ALL;

--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.messages DISABLE TRIGGER ALL;



ALTER TABLE public.messages ENABLE TRIGGER ALL;

--
-- Data for Name: onboardings; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.onboardings DISABLE TRIGGER ALL;



ALTER TABLE public.onboardings ENABLE TRIGGER ALL;

--
-- Data for Name: organisation_ancestors; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.organisation_ancestors DISABLE TRIGGER ALL;

INSERT INTO public.organisation_ancestors VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 0),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', 0);


ALTER TABLE public.organisation_ancestors ENABLE TRIGGER ALL;

--
-- Data for Name: organisation_confirmations; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.organisation_confirmations DISABLE TRIGGER ALL;



ALTER TABLE public.organisation_confirmations ENABLE TRIGGER ALL;

--
-- Data for Name: organisation_images; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.organisation_images DISABLE TRIGGER ALL;

INSERT INTO public.organisation_images VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 'logo', '\x89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001449444154789c6364885ac0800d3061151db41200c7c4010aa61dfef60000000049454e44ae426082', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0349-7d4a-a553-b711cf9cda62', 'logo', '\x89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc0000001449444154789c6364885ac0800d3061151db41200c7c4010aa61dfef60000000049454e44ae426082', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '2023-03-15 10:00:00+00');


ALTER TABLE public.organisation_images ENABLE TRIGGER ALL;

--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.outbox DISABLE TRIGGER ALL;

INSERT INTO public.outbox VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-00fe-7f13-ae07-911386953b8d', 'hour-pool.set', '01a223d2-00fa-7f37-8786-339846234472', NULL, '{"year": 2023, "hours": 1000}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-024b-7acb-91a6-26546919857f', 'organisation.added', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"kind": "central", "parent_id": null}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0260-76b7-8252-5e40d2a6aaf6', 'hour-decision.made', '01a223d2-025b-7bcd-bc2d-8c8226cd80d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"year": 2023, "hours": 500}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-026e-717a-99c4-e7f4a64bc863', 'hour-return.booked', '01a223d2-026c-7da6-ad68-e5299dee61d6', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"year": 2023, "hours": 20}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-027b-7440-86ca-9efd74ecf488', 'supplementary-hour-request.submitted', '01a223d2-0279-719f-b837-9195903b7e2f', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"hours": 5}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0285-78e5-8544-ab165e88a3cc', 'supplementary-hour-request.withdrawn', '01a223d2-0279-719f-b837-9195903b7e2f', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-028f-7136-97de-0d5045e393b4', 'organisation.changed', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"changed": ["website"]}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0296-793f-8c00-dd96535b73f0', 'api-key.made', '01a223d2-0294-70c3-96ae-85f5a599beba', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"scopes": ["hours:read"]}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0314-7598-9d1f-924574b867e0', 'logo.changed', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', '{"digest": "fcb8c1d9ce900472d36ad829ab8127fc9bd2111172e9440717549076d1d819d8"}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0323-74fa-85f8-4b0a7f69c1ef', 'person.registered', '01a223d2-031d-7d46-882b-280617a329e2', NULL, '{"person_id": "01a223d2-031d-7d46-882b-280617a329e2"}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0345-79e1-b135-16f2fcad91e1', 'hour-pool.set', '01a223d2-0342-7982-8f2f-7cb2964c4cd8', NULL, '{"year": 2023, "hours": 1000}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-034b-76c2-8e94-083243295814', 'organisation.added', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"kind": "central", "parent_id": null}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0356-75cc-ae80-2471a0088943', 'hour-decision.made', '01a223d2-0353-750b-bea0-a495f99b7764', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"year": 2023, "hours": 500}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-035e-71da-b2c2-e2feaf1e617e', 'hour-return.booked', '01a223d2-035d-7f9a-b1a2-7370260c824c', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"year": 2023, "hours": 20}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0365-78c1-9355-fd79ee34fc98', 'supplementary-hour-request.submitted', '01a223d2-0364-7db4-81de-c21100a81a3f', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"hours": 5}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-036b-7ce4-9405-4bba9c66b4fe', 'supplementary-hour-request.withdrawn', '01a223d2-0364-7db4-81de-c21100a81a3f', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0371-7aaf-b7b2-2e90de192f40', 'organisation.changed', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"changed": ["website"]}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0375-7b7a-873f-a1a664456a31', 'api-key.made', '01a223d2-0374-77bc-b9e3-6e8e9f5af243', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"scopes": ["hours:read"]}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03ee-7083-831d-5d64a16976af', 'logo.changed', '01a223d2-0349-7d4a-a553-b711cf9cda62', '01a223d2-0349-7d4a-a553-b711cf9cda62', '{"digest": "fcb8c1d9ce900472d36ad829ab8127fc9bd2111172e9440717549076d1d819d8"}', '2023-03-15 10:00:00+00', NULL),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-03f5-7483-9816-70f4bdf6911f', 'person.registered', '01a223d2-03f2-743b-bb5f-e042f127eea8', NULL, '{"person_id": "01a223d2-03f2-743b-bb5f-e042f127eea8"}', '2023-03-15 10:00:00+00', NULL);


ALTER TABLE public.outbox ENABLE TRIGGER ALL;

--
-- Data for Name: reminder_settings; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.reminder_settings DISABLE TRIGGER ALL;



ALTER TABLE public.reminder_settings ENABLE TRIGGER ALL;

--
-- Data for Name: stored_answers; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.stored_answers DISABLE TRIGGER ALL;

INSERT INTO public.stored_answers VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x3b238f7e15004934b979843a4507127efddd171ce0e99163b61063220d4d71e8', '\x04ea5e4e5732a47a277e13c5b384626d73a22a71b8746f8caf7d06cc019ebd11', 200, '{"ETag": "\"1953298467b800fe4d764ea4\"", "Cache-Control": "no-store"}', '\x7b2279656172223a323032332c22686f757273223a313030302c226772616e746564223a302c2272657475726e6564223a302c22617661696c61626c65223a313030302c227374617465223a226f70656e222c22636c6f7365645f6174223a6e756c6c7d', '2026-11-28 20:21:35.103552+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x3c4dbcae4a193a3f3d536ad89d2ad7b03f49b3090dbbf89ead3f896fd327943a', '\x1045fa8a3350ca251f227ab40c365e5f5dee779bf4d1a42d21edb85b568cf054', 201, '{"ETag": "\"6ba38b5f63f013339c8d3a9c\"", "Location": "/v1/organisations/01a223d2-0247-79ed-a0f1-3ad921dd33d9", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226b696e64223a2263656e7472616c222c22706172656e745f6964223a6e756c6c2c2263656e7472616c5f6f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226e616d65223a22c3966c6a796c616d707075207279222c226e616d655f7376223a6e756c6c2c226e616d655f656e223a6e756c6c2c22627573696e6573735f6964223a6e756c6c2c226c616e6775616765223a226669222c226c616e677561676573223a5b5d2c2277656273697465223a6e756c6c2c22656d61696c223a6e756c6c2c2270686f6e65223a6e756c6c2c2261646472657373223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c22636f6e746163745f706572736f6e223a6e756c6c2c226163746976655f66726f6d223a22323030302d30312d3031222c226163746976655f756e74696c223a6e756c6c2c2264726177735f6f6e223a22616c6c6f746d656e745f7468656e5f636f6d6d6f6e222c22756e6974735f70726f706f7365223a747275657d', '2026-11-28 20:21:35.436103+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x5998bd13f1fef7cdf04f2322399eac394265371c819c12a5e4c1378d93de17bb', '\xa45fe79f5c353c39145bf95cad1e35b16209eb530613e60ec4189545dafc64f7', 201, '{"ETag": "\"c4e4e86d3a12f17cbb45e8b1\"", "Cache-Control": "no-store"}', '\x7b226974656d73223a5b7b226964223a2230316132323364322d303235622d376263642d626332642d386338323236636438306439222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c2270726f706f73616c5f6964223a6e756c6c2c2261736b6564223a6e756c6c2c22686f757273223a3530302c22726561736f6e223a22c3a4222c22646563696465645f6279223a2230316132323364322d303063312d373837632d386135382d333135613738326434346464222c22646563696465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d5d7d', '2026-11-28 20:21:35.456906+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\xdf7506a22dde143b4e652c2d9bfae336d35fd188678ef031a9f50ba70ac7cd43', '\x4d8471b6f3babdf96b713a5deeb52c2bdb75115972b3e02e2b7420cb75a09a6a', 201, '{"ETag": "\"d7a0bec3806fe102adce94e2\"", "Location": "/v1/hour-returns/01a223d2-026c-7da6-ad68-e5299dee61d6", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303236632d376461362d616436382d653532393964656536316436222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a32302c2267726f756e6473223a224ac3a46920796c69222c227374617465223a22626f6f6b6564222c22626f6f6b65645f6279223a2230316132323364322d303235302d376663342d386163622d656137306630623966346634222c22626f6f6b65645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.472246+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x4298320f54e5d6250290bc05a7fe3e628e7867d8db55b28c50cc977e7cf8f2f3', '\xdd3e7da24d31770c06b58b90ff3e75e4f3692680e670ce292578354aeafad4a3', 201, '{"ETag": "\"1430d9866eba544c54ac191a\"", "Location": "/v1/supplementary-hour-requests/01a223d2-0279-719f-b837-9195903b7e2f", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303237392d373139662d623833372d393139353930336237653266222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a352c2267726f756e6473223a224b7572737369222c227374617465223a227375626d6974746564222c227375626d69747465645f6279223a2230316132323364322d303235302d376663342d386163622d656137306630623966346634222c227375626d69747465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030222c226772616e7465645f686f757273223a6e756c6c2c22726561736f6e223a6e756c6c2c22646563696465645f6279223a6e756c6c2c22646563696465645f6174223a6e756c6c2c2277697468647261776e5f6174223a6e756c6c7d', '2026-11-28 20:21:35.4837+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\xa42d34538fae78acd2d35e990d5f9abf13a0aaab81e6f149ec401471031b7eb1', '\xf21f1bd63b87cf52eb5fab6ce4f293e2376b7642308d40931ec0f0b193cef3ea', 200, '{"ETag": "\"59ec7c389e0c7722d0ac2963\"", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303237392d373139662d623833372d393139353930336237653266222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a352c2267726f756e6473223a224b7572737369222c227374617465223a2277697468647261776e222c227375626d69747465645f6279223a2230316132323364322d303235302d376663342d386163622d656137306630623966346634222c227375626d69747465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030222c226772616e7465645f686f757273223a6e756c6c2c22726561736f6e223a6e756c6c2c22646563696465645f6279223a6e756c6c2c22646563696465645f6174223a6e756c6c2c2277697468647261776e5f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.493925+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x105119a3458204c0f7ee82f6372143dc4640c13fe82ac2152d15a30e5638ed75', '\xfccc55ac279425434776bb4105a19750c69c0aa2073709621a08676107f06942', 200, '{"ETag": "\"217736378d42f04420a0fcdf\"", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226b696e64223a2263656e7472616c222c22706172656e745f6964223a6e756c6c2c2263656e7472616c5f6f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226e616d65223a22c3966c6a796c616d707075207279222c226e616d655f7376223a6e756c6c2c226e616d655f656e223a6e756c6c2c22627573696e6573735f6964223a6e756c6c2c226c616e6775616765223a226669222c226c616e677561676573223a5b5d2c2277656273697465223a2268747470733a2f2f6578616d706c652e6f72672f222c22656d61696c223a6e756c6c2c2270686f6e65223a6e756c6c2c2261646472657373223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c22636f6e746163745f706572736f6e223a6e756c6c2c226163746976655f66726f6d223a22323030302d30312d3031222c226163746976655f756e74696c223a6e756c6c2c2264726177735f6f6e223a22616c6c6f746d656e745f7468656e5f636f6d6d6f6e222c22756e6974735f70726f706f7365223a747275657d', '2026-11-28 20:21:35.503415+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\xd965901cf10262dda3506a831c9b3024436ed9bfcf62d0b755fb1bc910b5bf07', '\x23300eb95bd9b10deba3f451d767135893460cdf3789505638743a57abad53ab', 201, '{"ETag": "\"deb0f8dd3de41ff55a2580d5\"", "Location": "/v1/api-keys/01a223d2-0294-70c3-96ae-85f5a599beba", "Cache-Control": "no-store"}', '\x6deb558c4bbf540081c77cd7f7ad6eefdfe1250d3bf17c587b84213a2a73b8753b74654963a4f4b910a673a64f6b2f88ae6a8e837268787d765d02652c04dcf697e7aa2063619e2c684671be3e3c016b8ee3113e3de0c495f18b72065dc294ba7555d5ed14347eca005f0623084f9be1447c17b0544dbed1a3421545ba6f28e304546355e19ab0aa80304b58b8b5fffd7b0e085eb9cabcc2206a5f0a263e4a07a1157246666ac43c14e41066713af1e920c842d04bff767586a96c3df8c68e6c51c2fd26f18487bf576176c8ce9fbb6b0a10fdd0488b178bb4013bc882af9a42d0bec1a2eae0c43e553ae9569fe5eadac25caf701a6221106c7ad7b7e1fde838736c05853c8d982657574d8618ebe6171758d12157928d500e5808e345d093ded204856dd7bc7b81b83d9c2f155fcd960d1fd1f201cb82ad4c8dce2a766956507cf335d5d74afcf2ea22a99a9c6f454a9d852401c6f18bcbae878c1b9c1a7a72877cf7c067c8903bba042ac1219cf43aa795f6992550e5c55304ee7cac88db78202792d6a895e37cd2c237c77c496f943f38b96907ec632e0f1ba2335fea860205b70126c014be5e00dd519ad18a76a717a5dc6ca7e49ad266f0c8a5a534b423393b510f75a69f840bea20abc0c5da8c8112fa19bd274d3f28909d3000e00c799a8fdc0772f4a8c46a2ebccd0add6d1b371cb0550d6a8ab07c189fc8e43bce474a05ca47d3f5fd83c4160ea1', '2026-11-28 20:21:35.510964+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\x6e650190888eb4eed7439b2f1fd0cbd6271bd5c9438575037d88eb6ba99b5124', '\x3f41bf3ce7236dabcc156cbe99286651c50d8fc325961f6866cdbadf7246b2fe', 200, '{"ETag": "\"fcb8c1d9ce900472d36ad829ab8127fc\"", "Cache-Control": "no-store"}', '\x7b226f7267616e69736174696f6e5f6964223a2230316132323364322d303234372d373965642d613066312d336164393231646433336439222c226d656469615f74797065223a22696d6167652f706e67222c227769647468223a382c22686569676874223a382c2273697a65223a37372c22646967657374223a2266636238633164396365393030343732643336616438323961623831323766633962643231313131373265393434303731373534393037366431643831396438222c226368616e6765645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.63674+00'),
	('01a223d2-00b0-7340-9464-5a584a84697b', '\xb3eaf0918ba5b42b4db8230fe79f972a8fc66cb7b69df2a859c3ed808e00e695', '\xc7e1d5825ea87fd908c114c2382d2005fd45becae22df74ac9f738bdc450742f', 201, '{"ETag": "\"c358b1911f18c0199d3a42f0\"", "Location": "/v1/people/01a223d2-031d-7d46-882b-280617a329e2", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303331642d376434362d383832622d323830363137613332396532222c226e616d65223a22557573692054756c696a61222c22656d61696c223a2275757369406578616d706c652e6f7267222c2270686f6e65223a6e756c6c2c226c616e6775616765223a226669222c226d65726765645f696e746f223a6e756c6c7d', '2026-11-28 20:21:35.651596+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\x9c82b2190022e5e1a45086635ff0b043538263e3a94b90192d3f9efa8d384791', '\x04ea5e4e5732a47a277e13c5b384626d73a22a71b8746f8caf7d06cc019ebd11', 200, '{"ETag": "\"1953298467b800fe4d764ea4\"", "Cache-Control": "no-store"}', '\x7b2279656172223a323032332c22686f757273223a313030302c226772616e746564223a302c2272657475726e6564223a302c22617661696c61626c65223a313030302c227374617465223a226f70656e222c22636c6f7365645f6174223a6e756c6c7d', '2026-11-28 20:21:35.686011+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\xbc0021625f6ff4141a2f85daff9a4b64f8de18c92dddb30363d68add158ce3f3', '\x1045fa8a3350ca251f227ab40c365e5f5dee779bf4d1a42d21edb85b568cf054', 201, '{"ETag": "\"0673f758e22496c275673d99\"", "Location": "/v1/organisations/01a223d2-0349-7d4a-a553-b711cf9cda62", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226b696e64223a2263656e7472616c222c22706172656e745f6964223a6e756c6c2c2263656e7472616c5f6f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226e616d65223a22c3966c6a796c616d707075207279222c226e616d655f7376223a6e756c6c2c226e616d655f656e223a6e756c6c2c22627573696e6573735f6964223a6e756c6c2c226c616e6775616765223a226669222c226c616e677561676573223a5b5d2c2277656273697465223a6e756c6c2c22656d61696c223a6e756c6c2c2270686f6e65223a6e756c6c2c2261646472657373223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c22636f6e746163745f706572736f6e223a6e756c6c2c226163746976655f66726f6d223a22323030302d30312d3031222c226163746976655f756e74696c223a6e756c6c2c2264726177735f6f6e223a22616c6c6f746d656e745f7468656e5f636f6d6d6f6e222c22756e6974735f70726f706f7365223a747275657d', '2026-11-28 20:21:35.691739+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\x1de1f3722ef8192ffb761a0311fc61da5d7f836826d6e6de8450877564bc8cfd', '\xcaf2a55540396f2a5d1888bb04f44832f20881c5bd1e8625140dbb6fec0ea679', 201, '{"ETag": "\"b26ea871f185e2d8bffdec52\"", "Cache-Control": "no-store"}', '\x7b226974656d73223a5b7b226964223a2230316132323364322d303335332d373530622d626561302d613439356639396237373634222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c2270726f706f73616c5f6964223a6e756c6c2c2261736b6564223a6e756c6c2c22686f757273223a3530302c22726561736f6e223a22c3a4222c22646563696465645f6279223a2230316132323364322d303333332d376663662d613365312d363261303564643539343436222c22646563696465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d5d7d', '2026-11-28 20:21:35.702802+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\xe817e46262f8c9bec54a8ac36379060a1b84e6262832d7c2003fde4fb6f55394', '\xba541a8ea14d45e47006a09d1c947c698e34c7d03d8998e482456bdc3626ee5b', 201, '{"ETag": "\"6acecf500d2f5346fe12bf6a\"", "Location": "/v1/hour-returns/01a223d2-035d-7f9a-b1a2-7370260c824c", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303335642d376639612d623161322d373337303236306338323463222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a32302c2267726f756e6473223a224ac3a46920796c69222c227374617465223a22626f6f6b6564222c22626f6f6b65645f6279223a2230316132323364322d303334632d376433622d613530662d633764366431333835663934222c22626f6f6b65645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.712185+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\x5a517de08b1db4b1280d40a7244d4ac7eafc939dc0e7f6aa7c33f428913fc074', '\xc39b0d200aefc97fdf3174692a1bdf8c886f13d26954288b599109edefe3373f', 201, '{"ETag": "\"9ee66e239b25cbc042ba7013\"", "Location": "/v1/supplementary-hour-requests/01a223d2-0364-7db4-81de-c21100a81a3f", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303336342d376462342d383164652d633231313030613831613366222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a352c2267726f756e6473223a224b7572737369222c227374617465223a227375626d6974746564222c227375626d69747465645f6279223a2230316132323364322d303334632d376433622d613530662d633764366431333835663934222c227375626d69747465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030222c226772616e7465645f686f757273223a6e756c6c2c22726561736f6e223a6e756c6c2c22646563696465645f6279223a6e756c6c2c22646563696465645f6174223a6e756c6c2c2277697468647261776e5f6174223a6e756c6c7d', '2026-11-28 20:21:35.717855+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\xe1c1992372b40b1c1976503ebb82647b09464baa02610387c8195ba27c7490bd', '\xf21f1bd63b87cf52eb5fab6ce4f293e2376b7642308d40931ec0f0b193cef3ea', 200, '{"ETag": "\"a652ae7884ac08902fc388c4\"", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303336342d376462342d383164652d633231313030613831613366222c226f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226f7267616e69736174696f6e5f6e616d65223a22c3966c6a796c616d707075207279222c2279656172223a323032332c22686f757273223a352c2267726f756e6473223a224b7572737369222c227374617465223a2277697468647261776e222c227375626d69747465645f6279223a2230316132323364322d303334632d376433622d613530662d633764366431333835663934222c227375626d69747465645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030222c226772616e7465645f686f757273223a6e756c6c2c22726561736f6e223a6e756c6c2c22646563696465645f6279223a6e756c6c2c22646563696465645f6174223a6e756c6c2c2277697468647261776e5f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.724133+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\x637d0f4e14202f35b1da070b262e9da70df3860f4edcf42c97f74ded7324cbd6', '\xfccc55ac279425434776bb4105a19750c69c0aa2073709621a08676107f06942', 200, '{"ETag": "\"aa0bad88c27ade65cc2f6dea\"", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226b696e64223a2263656e7472616c222c22706172656e745f6964223a6e756c6c2c2263656e7472616c5f6f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226e616d65223a22c3966c6a796c616d707075207279222c226e616d655f7376223a6e756c6c2c226e616d655f656e223a6e756c6c2c22627573696e6573735f6964223a6e756c6c2c226c616e6775616765223a226669222c226c616e677561676573223a5b5d2c2277656273697465223a2268747470733a2f2f6578616d706c652e6f72672f222c22656d61696c223a6e756c6c2c2270686f6e65223a6e756c6c2c2261646472657373223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c22636f6e746163745f706572736f6e223a6e756c6c2c226163746976655f66726f6d223a22323030302d30312d3031222c226163746976655f756e74696c223a6e756c6c2c2264726177735f6f6e223a22616c6c6f746d656e745f7468656e5f636f6d6d6f6e222c22756e6974735f70726f706f7365223a747275657d', '2026-11-28 20:21:35.729926+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\xd4f795d01514c169b43f9ca6bfa21d203fbc0eea2a756334e2ff2055d45e321b', '\xe1600e79784024987b897cf95a0e1089c8f6181bfe59e0b572d86c6734189068', 201, '{"ETag": "\"5e5b95e8594c68d5bacc2722\"", "Location": "/v1/api-keys/01a223d2-0374-77bc-b9e3-6e8e9f5af243", "Cache-Control": "no-store"}', '\xe9c967117b8f88aea7bf7cfa65061c08f33898f839d4519080f1b38de8911920843a4718c9bd40553b51b3aba15ac04f0def610f01215d2938fa2aa6bf9e35c358708108ad900098ef9fed6dd4efc02237ebaf4d07c13cb012146f625823a965560278e7f27eca45b1ec73b8616eda71ee8284ddaec0b8d9e2a23cffb503950e8bd329f5b096ca25e0f49a859c0f09dd82120613f550f56f840632e77a636b06e017daab6acfc2c7c0284d840c48c6eeeee419bb177eff574a46296c37b80b9503606d5adb5e51cd6a14b41e5c7e242a9e7112f921ea6160f53a4f3d0143a3350097a3583b52df2c3ea86f44d707092a367858ab51d3516b8482951bf7d87bb586260756e8eb7758d58223c9d45a80337136ad4196a0e9226b435a1fbb885e6632f6a1f2739c0676c1091658426e37490100419fcfb55a0473570bffdae52180e7e94b30c5a9b90ae308528a24fc9ac315f7b2b6313023d80bbb2cfe43bbda33ec622cbf009efa689dec20026b7a84852160879690d97342863378b5cb1e2f4095b5067b92865ee6eb2f0c5b8436eee2fd55950ca28a09a8e05fec0a3037c87749be88ec022f6e49f35ff1fe53a51401503bfe25d2e542bef344928abe3ba3a14635a5406d16c0360dbacd6aa387fa7e1dd20adc85ebb26c321ff6674b4a3af35e809095d35076eb2ebf9b0be63cf851aa26a28953b4bf2ffd27bee283c8c2d895bd1f74f672768ac05bccc7', '2026-11-28 20:21:35.734046+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\x2f33ff70cf5fc07e4b522f3522d88a8b6bda66dda718bbd50fcd740dec9b51a9', '\x3f41bf3ce7236dabcc156cbe99286651c50d8fc325961f6866cdbadf7246b2fe', 200, '{"ETag": "\"fcb8c1d9ce900472d36ad829ab8127fc\"", "Cache-Control": "no-store"}', '\x7b226f7267616e69736174696f6e5f6964223a2230316132323364322d303334392d376434612d613535332d623731316366396364613632222c226d656469615f74797065223a22696d6167652f706e67222c227769647468223a382c22686569676874223a382c2273697a65223a37372c22646967657374223a2266636238633164396365393030343732643336616438323961623831323766633962643231313131373265393434303731373534393037366431643831396438222c226368616e6765645f6174223a22323032332d30332d31355431323a30303a30302b30323a3030227d', '2026-11-28 20:21:35.854437+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '\xad8267a8a04d03c375be2bdac5a538112a87819d8dbce9b048742f4a1baf0e8f', '\xeeed0ed1e050100ef681a60763fc7ea04d32dadf2b1e32634cf3e0022654cc5e', 201, '{"ETag": "\"f448a5ea6d44272a007cabd4\"", "Location": "/v1/people/01a223d2-03f2-743b-bb5f-e042f127eea8", "Cache-Control": "no-store"}', '\x7b226964223a2230316132323364322d303366322d373433622d626235662d653034326631323765656138222c226e616d65223a22557573692054756c696a61222c22656d61696c223a2275757369406578616d706c652e6f7267222c2270686f6e65223a6e756c6c2c226c616e6775616765223a226669222c226d65726765645f696e746f223a6e756c6c7d', '2026-11-28 20:21:35.86164+00');


ALTER TABLE public.stored_answers ENABLE TRIGGER ALL;

--
-- Data for Name: supplementary_hour_requests; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.supplementary_hour_requests DISABLE TRIGGER ALL;

INSERT INTO public.supplementary_hour_requests VALUES
	('01a223d2-00b0-7340-9464-5a584a84697b', '01a223d2-0279-719f-b837-9195903b7e2f', '01a223d2-0247-79ed-a0f1-3ad921dd33d9', 2023, 5, 'Kurssi', 'withdrawn', '01a223d2-0250-7fc4-8acb-ea70f0b9f4f4', '2023-03-15 10:00:00+00', NULL, NULL, NULL, NULL, '2023-03-15 10:00:00+00'),
	('01a223d2-032c-7106-9f64-ae417b4cf0d2', '01a223d2-0364-7db4-81de-c21100a81a3f', '01a223d2-0349-7d4a-a553-b711cf9cda62', 2023, 5, 'Kurssi', 'withdrawn', '01a223d2-034c-7d3b-a50f-c7d6d1385f94', '2023-03-15 10:00:00+00', NULL, NULL, NULL, NULL, '2023-03-15 10:00:00+00');


ALTER TABLE public.supplementary_hour_requests ENABLE TRIGGER ALL;

--
-- Data for Name: training_rules; Type: TABLE DATA; Schema: public; Owner: tuntipankki_owner
--

ALTER TABLE public.training_rules DISABLE TRIGGER ALL;



ALTER TABLE public.training_rules ENABLE TRIGGER ALL;

--
-- Name: hour_transfers_position_seq; Type: SEQUENCE SET; Schema: public; Owner: tuntipankki_owner
--

SELECT pg_catalog.setval('public.hour_transfers_position_seq', 6, true);


--
-- PostgreSQL database dump complete
--

\unrestrict 8ZBygFR68RfpNT4hPPtT7xZg4qPVXxBK5ZiSwu5x0lgMWu3gpppWobO1661hCF8

