"""What the record's guards are made of, as the migrations make them. Drawn: ``manage.py draw_guards``."""

from collections.abc import Mapping
from typing import Final

# ruff: noqa: E501  (names as the catalogue writes them)
# fmt: off
SHIPPED: Final[Mapping[str, str]] = {
    "check actor_label.columns":
        "bad5db04a9629e45cbcb3cb25b86615aa6088d6ac220735fade6864d7dedce2a",
    "check actor_label.primary key":
        "530522d613826fd5b6d2e9a7a8d6d013f1036b9f0fed3615559c2319525d7b41",
    "check checkpoint.checkpoint_root_is_a_hash":
        "fc44c96b7d56dd40b9a3aa74f8c0390e0d093674304c7bbec9514a0e26cc94a5",
    "check checkpoint.columns":
        "7ba4b53f9a0601d4e5b84399deb664e2e710055412cbe91033db06430d4e4108",
    "check checkpoint.primary key":
        "2e5f8a39a9a68b832c31aba934f869f5cde3b1bd564aa672ad66572ad672f328",
    "check event.columns":
        "502602f3f13b6a8d4269fc93c3c8a23d6c944b3937df8965548e5b9853eb0534",
    "check event.event_fits_a_bundle":
        "cfd1908902d2c3d6c2ead9448d144532bb968c4e3514fc917846b4c1d25e9cea",
    "check event.event_has_an_action":
        "bdd6a441e43f95b378de077e3f670731e1f123b7c5f2d9500b7227b6cbc80ad0",
    "check event.event_leaf_is_of_its_body":
        "e06a943b051f7fa345749661fcd8db2226d714191970c272a0a1c3209141a160",
    "check event.event_result_is_known":
        "c76e2f1a1b4ebbd0f7348d428f2d9f01b95e3b8f96c5a2ddaa367532a51be42d",
    "check event.primary key":
        "80a899b52d9115cc7a3a7088f6916fc8b928aa0954be26f93581f2b9375450ef",
    "check export.columns":
        "dab3b86b8a9163302a91ec8d3f3cf4f854399a1f10ed72fcbf8d0433e2f5749b",
    "check export.export_bytes_check":
        "654fc28b0a208b3afe468276cfa21f693f602e9a22171012f98b9b011998098c",
    "check export.export_downloads_check":
        "50fc727574c9ebb9c7587c13b9f970f38d9d1f19db1915586a9a7a537aef3976",
    "check export.export_expected_check":
        "247ef777f26acbdb27341a55e7fe7a5adf0237bbcf142cc8fa5f27c23072ddd2",
    "check export.export_pieces_check":
        "d12b1a023e42ddc700c524b6ca786bee46ffb52a2a520b51195be5244803f73d",
    "check export.export_ready_has_a_digest":
        "880fe729ee3e20fc10d8ab2491a96a8abdd3f60ae18195a1f4b701c9d3540103",
    "check export.export_rows_check":
        "d19c651e2fc12dd4a05079e60f128da54e95300038838ac013ce84abb9f586f5",
    "check export.export_state_is_known":
        "5ad278dc9c07ca0c646d713436d3a7605210dd20ae3e4ee6581464b10591b2ea",
    "check export.export_unsealed_check":
        "66a7c122a721de4acf96e6490ead4cb9d7bf4407c3c7ba5e1823264dcf7bcfe6",
    "check export.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check fault.columns":
        "1b6518526306e4b1709b79c42f4a428479622f28c6b74d259c2802a1ec3be165",
    "check fault.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check hit.columns":
        "26eb0f6898c42da0890192d70d7689a82f23468cad0bbad5d9bbe322ec9c39df",
    "check hit.hit_is_about_its_actor":
        "535c10756b6217399afeca10915fc396d83995e82ef3a7736e69bbbf39a849c7",
    "check hit.hit_is_raised_once":
        "e1f776ff6c50cee8de1a0a7ad4fff096aaff895bf7a1f61cb7855a83e55eb9d7",
    "check hit.hit_rule_id_da20cee2_fk_rule_code":
        "0af958acdfc4119c122b356ea79ed6f0fabae218c2a84d1e43afaed7fce049e0",
    "check hit.hit_severity_is_known":
        "98f1b83a52be46cc358f2e52517c17b5c190ca4211aaa07f862af6ed6f3a1e29",
    "check hit.hit_state_is_known":
        "8943181bcadfdbe7f4fd8fd197dbf69d86f2d625762c72038d704275d233262f",
    "check hit.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check hit_answer.columns":
        "9701f11a137445d2f405534323ac4c65400869d6b0af8854bcc9eeaee14e5a77",
    "check hit_answer.hit_answer_code_is_known":
        "046fd0955bfb90571aff4e30128ac2d1d8adfd6eb1fb552134bb7ecbd7c8cb3e",
    "check hit_answer.hit_answer_hit_id_507da05d_fk_hit_id":
        "124b119a7d5ef76608c30526d03cd2ff64ca816fdbf28d930f04cd2515642a15",
    "check hit_answer.hit_answer_settles_or_investigates":
        "e5548cdf0fa9ad429be423cdd504c27a91b9ca48cead13c55e5f375758c67f7f",
    "check hit_answer.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check holiday.columns":
        "5fc6adb263a96d28a2c5cc64b7364996a6bd314d8e4168096f743ae97715389e",
    "check holiday.primary key":
        "2f1823ba6877196506eadcaf7a3686d863948bd727e455a9f74ce68741a370a7",
    "check leaf.columns":
        "589752bcb5e6f0ed32a479c0168192876ce51e62727c385926273f7500036377",
    "check leaf.leaf_is_a_hash":
        "609e2b58ec9670283810d9bf42db4ed6a0d2887f040fbdbd3df3de111fb434dd",
    "check leaf.leaf_position_counts_from_zero":
        "1596787b016f811598fdc1151329841fd1d7613019c1a175f6882fb096ea6301",
    "check leaf.primary key":
        "ee05269c156edcd54038bed6656b655a60b69dbd1e75781bcd29635be1991388",
    "check monthly_report.columns":
        "c15febf5d11159e9aa19c2a7f0a046abab3d813c12937e1efc6afb3585aca01a",
    "check monthly_report.monthly_report_month_key":
        "21e3a45cadaad5d0b453ede909fa37e8e2510ff9f79a86bf31138804b806de03",
    "check monthly_report.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check monthly_report.report_is_countersigned_by_another":
        "60627b46b2be952c72e6334792380dae1697a9f8738e7a70abf4312b14fe023a",
    "check monthly_report.report_is_countersigned_whole":
        "1dd2bddd1c95fd13669a04b5dbbb56e8f1a76e9f06707b60dcb3b1d5d5ac228e",
    "check monthly_report.report_is_of_a_month":
        "f50bad7b25d5dad1b16bf1fea04de678ed0ea2530a162f0b1e8b903d5ff13e19",
    "check note.columns":
        "4c7128c41b9373219448077f4d4d824781b2656e69b8cc04db7b459ca9895750",
    "check note.primary key":
        "712c2d7ca5044b2f4baad39ad6798c5bdeadb9cacf3708e1c2c2fffa2f34f40d",
    "check origin.columns":
        "9f88759b9848e86f536a457141f89ac679ab368a685b60a6599b1a0cbb20a2c3",
    "check origin.primary key":
        "a47705b92a645d920fe1bbe6946afba95bc9eaf9a113b9c85a5454b51c092a38",
    "check pending.columns":
        "58d4ae2d4549c35b97176f921dc104f96c1078524dbe1b962723523241cc8c60",
    "check pending.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check person_label.columns":
        "53107b71fc8cb9a26678d04e90cf73e5a8e59f77c5068f34fac703fb85620ca1",
    "check person_label.primary key":
        "c41812143c2559870f65f91dccb99b2835822cd551bd7b150395aaa01aa9d3a8",
    "check pruning.columns":
        "df4958a7cb725066fde43a14a48bf58d181712feba18f2ae8f840106982222cc",
    "check pruning.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check pruning.pruning_decision_is_signed_and_dated":
        "b7bb82c52fbe77826994c1063bd53d6f885e22a8b92ef5467221e18587f01388",
    "check pruning.pruning_is_decided_by_a_second_person":
        "7b312ae2e0bc57e4a665a0590b70ddddb52905ae92bc3a1fdb5a45cd62368755",
    "check pruning.pruning_is_done_only_when_approved":
        "a75d82d8217ac8eaeca1228e3c28a336dc524dab1daf5d4c22666963a072598e",
    "check pruning.pruning_is_of_a_month":
        "f50bad7b25d5dad1b16bf1fea04de678ed0ea2530a162f0b1e8b903d5ff13e19",
    "check pruning.pruning_is_rejected_with_a_reason":
        "3b582054fd837bb1b6b2319937e2aea9867ed8c9a0583f4bb1782a1246ca498c",
    "check pruning.pruning_outcome_is_known":
        "d680be66982fd032a7bc36625a3394d573b248fe06e473ed3b6b69b69cb48cb4",
    "check record_retention.columns":
        "06ffe6a543193ec39fe955d792d3558ca09b101c323f2e46ec28a2025120d086",
    "check record_retention.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check record_retention.record_has_one_period":
        "54efa19ba963c601bc656e89307376a4dec1f15cda9b883ce4514c4cddfd4cdc",
    "check record_retention.record_is_kept_five_years_at_least":
        "a6e2792c9de16777d8a17203c89ad8bae4a5651149b9a8926d1118bafb82ceb9",
    "check rule.columns":
        "558291c8ad491bcb15d024fd18284201c6d1c095f32843ab30e0de946b5c7407",
    "check rule.primary key":
        "c9f11f3a9a846b6d39be85239e243207bda88d476678488ebc82be653c9dea09",
    "check rule_change.columns":
        "403afa817b3a05b0d691dd67e79cf102808fe6f1e1508b3e93a541c89be7b3f9",
    "check rule_change.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check rule_change.rule_change_decision_is_signed_and_dated":
        "b7bb82c52fbe77826994c1063bd53d6f885e22a8b92ef5467221e18587f01388",
    "check rule_change.rule_change_is_decided_by_a_second_person":
        "10f57eb765ded5a6307156bfa1e2a56b16d833f00081cd42f6386a131e970c28",
    "check rule_change.rule_change_outcome_is_known":
        "d680be66982fd032a7bc36625a3394d573b248fe06e473ed3b6b69b69cb48cb4",
    "check rule_change.rule_change_rule_id_f727a516_fk_rule_code":
        "0af958acdfc4119c122b356ea79ed6f0fabae218c2a84d1e43afaed7fce049e0",
    "check rule_change.rule_change_simulation_id_7908c919_fk_simulation_id":
        "244e976d7305c89cfc4b0e4d240f2600dd8eb70f83d622f38e4921c80946439f",
    "check rule_progress.columns":
        "5f92c03359ad7d7b87868264f1637a0bbce84b1dd3661c7f17db3c125252d713",
    "check rule_progress.primary key":
        "617ed11bc3d0aea76be17c1ba613daaaa6224a7903064c6068016d4c6bfe46f8",
    "check rule_progress.rule_progress_rule_id_6f1f219c_fk_rule_code":
        "0af958acdfc4119c122b356ea79ed6f0fabae218c2a84d1e43afaed7fce049e0",
    "check sample.columns":
        "f0682a5600d574b6a1706cd21ffbfc088bea0ad33bd78e342eb5ee8852d07212",
    "check sample.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check sample.sample_is_drawn_once":
        "4ea9454f627f51953c74214d295d80960789daf580f1d002c96168374466e864",
    "check sample.sample_population_check":
        "da9bebec130a1c6b8cfe5ba6bbb8935dc5b9e7f5635ee9af8a334b1cfd8add34",
    "check sampled_view.columns":
        "baa35d370f06723c7f56f4b0ad6d6aea1992c4d98b43fa76f14d4ca355ef9b43",
    "check sampled_view.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check sampled_view.sampled_view_answer_is_signed_and_dated":
        "447afa2d9ccd9bb043c6fce06f5140e71f8ca643191b771ab972e43be43b8a88",
    "check sampled_view.sampled_view_is_drawn_once":
        "70b6a03278d90f3d40b93f88547bb315dd2418916f1a6feb1ef5f034fec95888",
    "check sampled_view.sampled_view_is_not_answered_by_its_viewer":
        "61eb5486da37a1bfaf3f99374441c9b2f0dfbdfa398e56acefc6d58b255563ba",
    "check sampled_view.sampled_view_rank_check":
        "f4e807ecfc54d1f66bc398c32fb13493d493fe35c6dce2cc496d1a39b2f3ffd9",
    "check sampled_view.sampled_view_sample_id_2206b6da_fk_sample_id":
        "edc109c05ddff6b61ceb8aa908b3e3fbd38adb50f1a4efaeac9f062084e6a3e0",
    "check sampled_view.sampled_view_verdict_is_known":
        "43363e82ff901b54f10b13c061952ed231793afea70e65aadb56b3de90048344",
    "check saved_search.columns":
        "4fbe7c52d8138c9b2fedba89efeda3963125ee2b32fc94446dfbac8b2f3b8d76",
    "check saved_search.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check saved_search.saved_search_due_day_check":
        "2ad5c23a9f759e6114bdb1921ac047f4492fad514bedd6292fdeaf980e811c4f",
    "check saved_search.saved_search_is_due_on_a_day_of_every_month":
        "5045d0d68b0332d657029e8c20f2203976bf70863a2943ca9aff7b693ad21a53",
    "check saved_search_run.columns":
        "f89e1634f8c86adb518e0e92b9b706bce26fbb7f7491486f7013c9e2161b0341",
    "check saved_search_run.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check saved_search_run.saved_search_run_found_check":
        "82ade8fd9e04904468606d2541b44900964c9763eb858580f0e12aa6569a4d27",
    "check simulation.columns":
        "12bb542160efafc5d9e481ba36c1ff189dc51c47401374c5908febce988c87ca",
    "check simulation.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "check simulation.simulation_goes_back_a_year_at_most":
        "81f404412e07bd7a41b5875a65578fda7c881578e15f4300a1531a2b9a0e93ff",
    "check simulation.simulation_rule_id_7e8a4e07_fk_rule_code":
        "0af958acdfc4119c122b356ea79ed6f0fabae218c2a84d1e43afaed7fce049e0",
    "check simulation.simulation_state_is_known":
        "f25ba1c17c349132567cbbd9ef53986817ed11a207c8de3227554f87d17ac81f",
    "check simulation.simulation_total_check":
        "473d1bc288f9ea9a3529d96244a0304b430e6305f595c33a09f453627a7a1bf3",
    "check simulation.simulation_weeks_check":
        "ee8782d794f22a7531f2f1937cb4a1b571889d7a48c07a74005c71f2353a6ead",
    "check tally_actor.columns":
        "fd6a54ae1a1436834b0206aa09455d356af260a8d06b367c9fce78e2b89de79b",
    "check tally_actor.primary key":
        "7aa41f954e2f43ead066159a20cf92c65a2ac168ccb040feda86ee0484581509",
    "check tally_hour.columns":
        "f50f32ed11e7bb38dbb69d03d9cc0811c438557294488a33546901c658de73f0",
    "check tally_hour.primary key":
        "fa3ea236ffb3c74ff88fad991a5dcb1265fe7f78a645095ff7f44b5d6cb5a678",
    "check tile.columns":
        "20a0da6560909453d8e3c5f0049a358c4026d3ad1b8fa0da667f4d0512e00634",
    "check tile.primary key":
        "bce0b9b5a2d429330b509feb7ed2e1582690a124d7dc36e841b2341488a84758",
    "check tile.tile_holds_hashes":
        "60e41efdefddebdfe731172493c52ba435cb2c35c66ce7003b79f4819f82dbad",
    "check verification.columns":
        "76fc6929f60bfef6a076d6b3cece0acfb1a9a253e5f5884765e4bc0f7ff5bfbb",
    "check verification.primary key":
        "8c8464f42472e42ee190fc91ca8db79b5351d3a4609040516578d229c56f6fa5",
    "function audit.event_is_queued()":
        "75c18f16737219690b1a73ae8189714a593793fcb2d64fcb0e71920b389c78c2",
    "function audit.event_refuses_change()":
        "4f9202d0be7f25cae0e8c9dc0123fb7556f3be953662c781aed6746d792fc69d",
    "function audit.fault_is_dated()":
        "703ad8ffdf1b6925fa1919982df9293de4c06d880115f3621437aec0c7bd7f4e",
    "function audit.hit_follows_its_answers()":
        "76bfd47c94c779b840f8c408b0163f191d5ce2c714d2f320f3f6d1d9c759f334",
    "function audit.hit_is_answered_by_another()":
        "d070809bbcdebcde0f03006dfb20db9aa89a8e2742a470364726e0ae94553e5e",
    "function audit.hit_takes_its_state()":
        "1e008d986a6ef80cce83fb6d6f119ea7e41269d9b40b3069b8a04dd3b42dd436",
    "function audit.make_months(date, integer)":
        "a45fb793fc794fe61c2b954adef388806402db5a3c2047c444c7a51d73aa16bb",
    "function audit.month_extent(date)":
        "ffde8b3c572a22e2147ed27d425fca436648956a571eba9ff8b7d44d33da1cea",
    "function audit.month_is_over_its_period(date)":
        "2df7cd4f33ef51d875effa3eede1e832632c0b849218f59319421d096796c61c",
    "function audit.monthly_report_is_on_record()":
        "f0c475ed9ae75caefd34cc9ef0d3d8b6e48ff3a62bbe3507481de12447b3bb4b",
    "function audit.monthly_report_is_signed_once()":
        "11876da78d7e1b604b88d14fa944ca49d3181d46595f692e0b681a82138c3d60",
    "function audit.prune_month(uuid)":
        "1e7ebb1719ecc1878f6ab07130a42a6987f1d5b812781f9abf9ee4bbc953aa79",
    "function audit.pruning_is_on_record()":
        "883087608a3c9811a759b247029499b04268e70d9ef2fd67f0b697c32fda32d2",
    "function audit.pruning_moves_by_its_steps()":
        "f4004d53e9581466b78d3dd45e68f29f1f13e919f94869db660a92a4725db3f3",
    "function audit.pruning_told(uuid, date, bigint, bigint, bigint)":
        "664b32241dbd2e21e7ac51647546d35ad8ae96813b85cab4da4a7afca340cfc1",
    "function audit.record_retention_is_dated()":
        "a1eb0afc38cc0129c9cc4b9407be0bf8397b17aed7c96d2ea1a4d16b3cc7bac1",
    "function audit.record_retention_is_on_record()":
        "dbc6a906fca8df92cd64da780e1ef676c0efd0b73acbf03d5824d30b717acbf9",
    "function audit.rule_changes_by_approval()":
        "44875962c50b83cd72e41da31884b6e3e393cf9678fd0353774c53419b74de65",
    "function audit.rule_goes_on_by_pieces()":
        "8d5cd02d1f03e3cb5e81dd4d3691eb81639f43a6243c39efef5385f7b38288f1",
    "function audit.sampled_view_is_answered_once()":
        "548b2ed9be7c151db3ae73f2cbef3c2ffed6571498a9b4a227d0746a2c692247",
    "function audit.sealed_size()":
        "1f2d214dd18bb214673297f4e7da4e1439c4267dcac5f2b7265a99dbdc17cedf",
    "function audit.search(bigint[], bigint[], bigint[], timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, integer)":
        "e6ce7df3d2e1128d66d4f4fc97884a22a54e5b54f64dbdbaccf46e927fa482f8",
    "function audit.simulation_ends_once()":
        "aa7ac3bb2b9ec8015c66a636b1308b82e1a120d0bc2bced2170c37c80fde286b",
    "function audit.tile_only_grows()":
        "10a1338383d7bba1ca9566ac9038c7d406ead0d3bbe3322853a9dd39f2d8492c",
    "function audit.verification_begins_open()":
        "ff648c7784a83afb872767880127a5c1db0a9377c1013bb6cde6abd6b093afeb",
    "function audit.verification_ends_once()":
        "adaa77bd15bc1343045a4529f8064e6c8442dbd427cb556b589ec555dc691912",
    "function audit.verification_is_on_record()":
        "93fdf9fef8091c64dbed7c9313fca08ae74fb9193021a5b14972106319ea8b24",
    "function audit.watching_is_on_record()":
        "a580f4d92b8e5739f7aa2e832d0ff11701f9641227c66179068ab27cae4ccff1",
    "function audit.why_month_stays(date)":
        "c4739789dc08b79ed00a169777a09120624c86fe389b9a1a8fbedc9b3d82dcb6",
    "function public.accounts_event_actor_is_real()":
        "1b9d068914cc492451f42ba031b4a0c0813037bd8aed63b62d31dbe9f31b0eab",
    "function public.accounts_holds(bigint, text)":
        "4f952b0403564bde8c5a3c8533fad68f2ca78e37b9e87e301eebc2f80e564427",
    "function public.accounts_is_owner()":
        "719902e0cd8ae53050b9f7a500b6a3bbcce047615e31e778ea851fb844801e5c",
    "function public.accounts_pruning_is_the_keepers()":
        "c6417a9e5798323a246985c0703e9c704cfbd9d7cf36fc85330c162b8389285d",
    "function public.accounts_report_takes_two()":
        "5d5e5ae9f1da605c903bfe9145b72403167fee46c69146a5c42f532b60b39393",
    "function public.accounts_rule_change_takes_two()":
        "4450fd2a19760cd9c2602c4cae3edeb54be0ba5bd36237f216174a99ca1caa07",
    "function public.accounts_rule_is_about(bigint, text)":
        "4fa6e49fe8f31aac33d90e6f8e3b65abe593e14cb3a97216043ed042d66f8b1e",
    "function public.accounts_sample_is_answered_by_its_watchers()":
        "cb3cd9a8ced70de27c04629466f07dc60f563a0622e9b3de26a2c111867c7e3e",
    "function public.accounts_watcher_is_another()":
        "56a6d034ae8ebd45f52a4a2a5de5266e5b1cd73ac4ecb52f810087b53983848a",
    "function public.benefits_reveal_without_a_case_is_reviewed()":
        "a3e8f07f1fa2ea2848f470431f50a272a68e8eea56f0aff90da7854d8e5204fa",
    "function vault.tickets_used_without_entry()":
        "7152d9311e8fca4b233ee0f6c8eacb846f0d03633c5f99954eff028475a820c2",
    "trigger checkpoint.checkpoint_is_never_changed":
        "336f20766d3d96394d7d7d5ca2b8ce9396d6903c4e82a7287e1bd84693d8e8a8",
    "trigger checkpoint.checkpoint_is_never_truncated":
        "68470573c5e5d2c8d9772580bac249c44b73b977eb5851ca45d111baddb344f9",
    "trigger event.event_actor_is_real":
        "7f9925bbcdaf77fac4b3d441ea8b91402a1226e59e750fe872eac26c2101a8bb",
    "trigger event.event_is_never_changed":
        "8a136214add0d05eaacb685d2ad0612569828c55ad6b05ed54141bd8d538ab8c",
    "trigger event.event_is_never_truncated":
        "3b7879cdaec058537a1046036abed0e08ee43b0be12716de4f802645bd8a161a",
    "trigger event.event_is_queued":
        "1a78e8e8ab884f02611aae2a2c65706062609003daa893a55c13e111ca1098c5",
    "trigger event.reveal_without_a_case_is_reviewed":
        "88034b3b634b6407933cd2947ac586cb09e12b53b97bb39f6be9361ed174ee8a",
    "trigger fault.fault_is_dated":
        "a881cae38dcdc42e9f5d184903ff4dba6bc2a9a8a0d28bc6c2342dc939b1901d",
    "trigger fault.fault_is_never_changed":
        "e2d904802ef3014a37ad03925ec5063d42be0e0152989376ac9ca4e1e7e1ed2c",
    "trigger fault.fault_is_never_truncated":
        "5d2fd9407bc7dd038c16b349fbb8a6292ac6eda964266252ccc44c35b7110b7f",
    "trigger hit.hit_follows_its_answers":
        "9b6d1a995f6f8d2a631bcc8b201f45bf084ffc3d426b47099dff00450bcd3e09",
    "trigger hit.hit_is_never_removed":
        "da9de05f218be0345835ad9467492a66193f816b7c7643dd1b33651544993559",
    "trigger hit.hit_is_never_truncated":
        "6a543afd66235ab9fb96b0f2da3f1ae03e7247a3bb2e1b9d14244a1e64dbdd6c",
    "trigger hit.hit_is_on_record":
        "1a57a619c106e3d73d3a4d8a2a75eed4c2201b202cc383b15a255c09edaa4dc9",
    "trigger hit_answer.answer_is_never_changed":
        "7b864de75fafdfce82a8a63518e0c8b676a89c3e03c1d0ea72e2ef8f01c6307f",
    "trigger hit_answer.answer_is_on_record":
        "4ccaad01a8b9e82ba6b946e58420c14bb157bd274546c4a4e7c8668b2911dac3",
    "trigger hit_answer.hit_answer_is_never_removed":
        "513c53f35c3e1ac4b11968429b6355a8a7a8f37992649f30d056499275f0c2b7",
    "trigger hit_answer.hit_answer_is_never_truncated":
        "eef29c97ab000443e50945fd815b7f8c4f1f9002354fe3a390c13caec0b990e1",
    "trigger hit_answer.hit_is_answered_by_another":
        "bef4f4498f7c43b7ea5c4b5d26b1558fed8842260d575e076c6e67421e43f166",
    "trigger hit_answer.hit_takes_its_state":
        "98cd7728221d6f13da60dd17d8b4aad3350b1d1f8daab8e581a89d838b9168e6",
    "trigger hit_answer.watcher_is_another":
        "637b560b7217104bb0bd4dcf454961a72bb19a30a287ed3055612c792adc6206",
    "trigger leaf.leaf_is_never_changed":
        "853df13c4f175adcbae5365f63cee9337166477b5b2f313621079f86ff02f9ec",
    "trigger leaf.leaf_is_never_truncated":
        "580d8c7f0701f47b44c128af8d95c7ba392fbc221ff6d0bcfe82d59085af21ca",
    "trigger monthly_report.report_is_never_removed":
        "8ef8e7797bd3f25fcb266f25efd0f27fdcb9d03e05faad8255ec6c0e4064d87a",
    "trigger monthly_report.report_is_never_truncated":
        "3135162f0b51510da1159e66e725ba35002536aa517f49e47a722177bd78199a",
    "trigger monthly_report.report_is_on_record":
        "ce508f593ff8d1cc422489ffdd648fe8acbb63f1506517a5c1bd9320fe3a3014",
    "trigger monthly_report.report_is_signed_once":
        "ebcef7ad52d32168d03ec52c9c20881c591ccfed5e7431e024fa892ab962b458",
    "trigger monthly_report.report_takes_two":
        "d00f9537489308d31cdf9e88495eae1537bf3f562dc007231cdd3f0cd3e62e4d",
    "trigger note.note_is_never_changed":
        "fd0b8e088c05f4fe0e4373fe0e041b8f0e9d245f61f288a979dc3ee2efc4b4bc",
    "trigger note.note_is_never_truncated":
        "eb75ac4da7ddd01a9d3ac0d7aae5aec18a2c30a9c891d7c48f48b79063892640",
    "trigger origin.origin_is_never_changed":
        "1ac569269081cec935e93e89a988b08f83f37c27dbaf5e03e44a522a2e56e731",
    "trigger origin.origin_is_never_truncated":
        "b4629239b83241dda390aa47205c7bdae394c824c1551601ea1938e760db472b",
    "trigger pending.pending_is_never_truncated":
        "ac1115767034bffe6b30392784d57922b33a95edadf57ad26bf5f0b8ae005c28",
    "trigger pruning.pruning_is_never_removed":
        "613e5e998b062293cf00957e7b1b9828466dadfa0d74c3133480f61ae62525f0",
    "trigger pruning.pruning_is_never_truncated":
        "9b3f3af744d8f6ea8a8540169c60cb2000fa78d2e558d240b8b168681e92805d",
    "trigger pruning.pruning_is_on_record":
        "f8601efa34f799ecefc09122a1e6f2c3a872aa8945bb0941bb15d7a6687803eb",
    "trigger pruning.pruning_is_the_keepers":
        "d91f2a3090cf9a154b8c8a5fb937a4dbe21d645910976d9f8f6a217cd328a1c2",
    "trigger pruning.pruning_moves_by_its_steps":
        "fddd444523d90e85fd0c3bcbb51d83d75c760f29314638d0384598164f1e44e7",
    "trigger record_retention.retention_change_is_on_record":
        "0ea68c365fcbbd60ea926d675a1bda0636bc0b471aef97f39a5c73658bf211e9",
    "trigger record_retention.retention_is_dated":
        "2e22003f663e0dadbd001ffdd6b079e3378f4e347959ce4732f1d3423164b355",
    "trigger record_retention.retention_is_never_removed":
        "a4fc45669d0a984ed237de65c7e6da2def0e38a13409516703fadefc889f0ec5",
    "trigger record_retention.retention_is_never_truncated":
        "1f92ddc7a997f1477be5963cee476c86c60bc76eeeb75918ffad64fb0a611c6f",
    "trigger rule.rule_changes_by_approval":
        "094400b900c9ca9d6757f35a9d7012e37ed90b5ccbd60b428913e18ed2421423",
    "trigger rule.rule_is_never_removed":
        "2442ea39cce90337ff44eb53c849fdb2346e4eb491f547eb0b579fbbf1579dc3",
    "trigger rule.rule_is_never_truncated":
        "567470ee179df7b76e27e25a64db0b3955fe53f3bc714fb1decdee4fdf446a4f",
    "trigger rule_change.rule_change_is_never_removed":
        "49ab36a7782afe962415a7d88abea4bd04240bd54dff0925e4b14ba0e5dcbe3d",
    "trigger rule_change.rule_change_is_never_truncated":
        "81b2fbeb9a5ec0b9eca3f8cec072250b9e0cc8f0948032c68ac710e9282f3cc6",
    "trigger rule_change.rule_change_is_on_record":
        "bbe4296dbb55e8f530214ffa1dac417f94ff46b7fb307b8937dce75d01e198b2",
    "trigger rule_change.rule_change_takes_two":
        "95ab990d8b09c98cddd8bc88810e6d241cbb11c8eb0ba99530b16a8054861cf7",
    "trigger rule_progress.rule_goes_on_by_pieces":
        "3a26e7de116c83baf10621006fd969b02dc2037e439598ae70384aab2d8ee846",
    "trigger rule_progress.rule_progress_is_never_removed":
        "e8e7e4f21e2128f5dcdbc7506902f09bdd4900f9b38a1a7ccf3118a7a2a3dacc",
    "trigger rule_progress.rule_progress_is_never_truncated":
        "2d73a501b1da435cd0d1a70cac0b71a5f4933f08777a10ccb1b8af49179efd83",
    "trigger sample.sample_is_never_changed":
        "acd45e7d5a703660ef18310c92e4bb943a0a03e7bb3855c987fd7c9ab0d97fc8",
    "trigger sample.sample_is_never_removed":
        "34f6bcf5c87b8a246f766e5e0fe8082fc0eedd39860cfedb97d53cdc38843a53",
    "trigger sample.sample_is_never_truncated":
        "efc48caff72e929aff1b6935f967fddc4208220dc4e18870a49ba893d2cca340",
    "trigger sampled_view.sample_is_answered_by_its_watchers":
        "fd427827f187ede59e695b06fb96402b24a81b17dea76a97daf4c759a0365ed2",
    "trigger sampled_view.sampled_view_is_answered_once":
        "6b50f16521bf5f9ca14fda03fd5d4a79f951cbb512d9c25d6b8755cea92026c7",
    "trigger sampled_view.sampled_view_is_never_removed":
        "7703d75ea72e3cf7c269bc9fb5a46cf5405d2b5a2695cf34a89499552979d4d6",
    "trigger sampled_view.sampled_view_is_never_truncated":
        "1ef60f10bf1ead6f7e16f446a70b645685744c97a093b5244a34bdd4598114ee",
    "trigger sampled_view.sampled_view_is_on_record":
        "1c2c7c6210347404e63492a376f31b4249ac27baa1b069665b352b3a63b19531",
    "trigger saved_search_run.saved_search_run_is_never_changed":
        "7e9684f39c1ed6b88ad7a10c826af7b3533e558fc7d4717d033233da9b12e68a",
    "trigger simulation.simulation_end_is_on_record":
        "1cc336d3853085ac262517ea4edcbcebfddf9d3c5270fdbf4058d85932659479",
    "trigger simulation.simulation_ends_once":
        "a4eba3c9c567c8dec17e4c7285f1809144c7d6ca1d0dc6f9e65b2b414317f376",
    "trigger simulation.simulation_is_never_removed":
        "b064a292e664132a5fdf47173aab78185aaf69451668b1fa8b21cc0dd5922259",
    "trigger simulation.simulation_is_never_truncated":
        "0fd232502396daa13dbba4de37dd2e8d463b4613a2eced2d45cad800f155427a",
    "trigger simulation.simulation_is_on_record":
        "a3082a2b516ef26440858341dc42c97b778180332fbcea48242b7a32432657bd",
    "trigger tile.tile_is_never_removed":
        "14a35b4f450bf16cfa49a094748f4faddd7256267ac74358a49a74e2b30d32b7",
    "trigger tile.tile_is_never_truncated":
        "74d40c5f731c21af05bea30cce47cb6d38afff475969e86689a347d4973b9b3a",
    "trigger tile.tile_only_grows":
        "3bf0f299e63cdd4ac649a78e150cb00e50bf86a0b12927fca1a3f9adb4f37960",
    "trigger verification.verification_begins_open":
        "d99bcef44aed62b15299c56d41ece5984a6baa52594f56d7a0660587ce2faae9",
    "trigger verification.verification_ends_once":
        "d2981c905792177bec5a9c8bbc4361f6e22070e31589445be28b89371ce64111",
    "trigger verification.verification_is_never_removed":
        "ef8011dcb11fb831852cf65d940b55435293dc8f502e6a0fb33a59c9c6c462c1",
    "trigger verification.verification_is_never_truncated":
        "9269755ac6daf46894bff8c32c7fa515194255fbe6206b23fc9ad628267b5f31",
    "trigger verification.verification_is_on_record":
        "743c6022afecfd998eda10b694892dde24874157f42305a64c824fcd08cb8a4e",
}
