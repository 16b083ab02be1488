"""What the record's guards are made of, as the migrations make them. Drawn: ``manage.py draw_guards``."""

from collections.abc import Mapping
from typing import Final

# ruff: noqa: E501  (names as the catalogue writes them)
# fmt: off
SHIPPED: Final[Mapping[str, str]] = {
    "check actor_label.columns":
        "badldbgkapmipeklcbcbjcbilbommhlaamgoodmaciignjlfademomkdndedceia",
    "check actor_label.primary key":
        "ljgliidmhjoimfdlbmdiepanaodmdghjfhgjmbpfgfedjmhlllpcijhplildnbkh",
    "check checkpoint.checkpoint_root_is_a_hash":
        "fckkcpmbndlmddkgbpajaankfocgjpgegdgpjmnkjgkcnbbecplhkageimccpkal",
    "check checkpoint.columns":
        "nbakbljfpagmghdkelbokjppdebmmkeienhggllkhicbephgjjdbgmkjgdkekhgo",
    "check checkpoint.primary key":
        "ielfoajpapamobojicjhabapjkfompflcdejbhbdlmkaamniadmmlniadmnifjio",
    "check event.columns":
        "lgimgifjfhjbmaodkimpfcpjcjcoaijdmcpkkbjpjndfopmllkoelbpoljebgljk",
    "check event.primary key":
        "ogaoppblidphhlccnajangoofmphmfcobpioaagplkbeimfpjlohfibpjnlklgef",
    "check export.columns":
        "dabjbomboaphmjjgiaphecodjfjcfkfolkjppahfhgednifcbfodgkjjeiflnkpb",
    "check export.export_bytes_check":
        "mlkfciobgaigobjafekmoinmcfaihfmpjfmgiepaiihnhghifpobpbghhppogpoc",
    "check export.export_downloads_check":
        "lgfcninlnkcpebbpcnlonchjbpfpngfjodpdhfhpdbhphllomapanaljnaefjpnm",
    "check export.export_expected_check":
        "iknefnnnfimacbdbinjkhallenfenaladfgijnbbcfhkiccofalfincijgnidddi",
    "check export.export_pieces_check":
        "dhibhagijekiddcnggclikbmcanombeekmffbliaialigblhhplbelikkogjfnjd",
    "check export.export_ready_has_a_digest":
        "oogfenipeejeigfchgdoabikphapmaoabddjfmgaehohplahfkbnghcpdjlkghgj",
    "check export.export_rows_check":
        "dhpcmlheifchiddkaglgnpemgfhiodalkepljgggjoojoacghjceokabbpflomfl",
    "check export.export_state_is_known":
        "ladinodcpcgncagcmkmdnhjkjmdjanmglihgddigaejekeemlohkmkbhglphbiea",
    "check export.export_unsealed_check":
        "mmanchiianihdekacfpmemkpgeadkcbpdnbfkkgncjcnbalehoijimkdcfnbcfem",
    "check export.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check fault.columns":
        "hbmlholimjgmekbhngpbnpckifkakioknpmiifiocmbnkdilpciogiahecjbehml",
    "check fault.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check hit.columns":
        "imebgfmopockidagopghpidngdnmopaoifijkmocadgbbadldpbbejiiecpcjpdf",
    "check hit.hit_is_about_its_actor":
        "ljlchgnlmbmihnjppafecahgphlfcjpmdojppleoiefjannjmempbbbfjpaokpcn",
    "check hit.hit_is_raised_once":
        "ehfnnmffmclgceeodehaganadkfffgpmaaffoplbfnahfmhcbnollaojellebpdn",
    "check hit.hit_rule_id_da20cee2_fk_rule_code":
        "gafploacdfckhhpchiibjlmeanpedmfgfabaeihociaokdhekjafaednfcegkpeg",
    "check hit.hit_severity_is_known":
        "pofhbojalibekmccjlofielilhnchnblchpgcakihhaaagnfomiafmedmfjaheip",
    "check hit.hit_state_is_known":
        "opkjhohbcadfdbenfkfdofdhpndbfmpdomfidmilnmicnigjodngkinldijjimif",
    "check hit.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check hit_answer.columns":
        "pnghfhhahjnkkldifkglljkjijackcmlkggompdmbgafoolkbccpeeaeehkelann",
    "check hit_answer.hit_answer_code_is_known":
        "gkmfdgpllbfbpglnhaffkejghioacidhdoadfdmebhfbllihjkbbnecbdncocbje",
    "check hit_answer.hit_answer_hit_id_507da05d_fk_hit_id":
        "hikbhhpandlefnmmgocjglimdgjcdiffmkcaohmfdbfiodpjgfgkcdilhlmkiahl",
    "check hit_answer.hit_answer_settles_or_investigates":
        "ellkocdfgfapadkipbekijcddlgkcinaphbpcakoceadhjcllelfjnlnlocmnfnf",
    "check hit_answer.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check holiday.columns":
        "lfcmadbimjapmdioaiclccmkbnjmkppmambdjhkdoekhmogpmfnkjaepnnhljope",
    "check holiday.primary key":
        "ifhoijbamonnhpmlgmeadcafnajmomdomjpkobdninekllapfnkcemonkhajngan",
    "check leaf.columns":
        "lopnlibcblemfgedjiaknpcghmohpionmcelheminincjolpiminjfnlgggjmjnn",
    "check leaf.leaf_is_a_hash":
        "mgpeibloecpmngiojohgdpbfkidbkedmagdioonfgkgfbdbdjdfjdehhhfbkjkdd",
    "check leaf.leaf_position_counts_from_zero":
        "hlpmnonbghmfohhlpofdchhlhjipokhfdhdnmhjghpchahnlfmooifbgpmeamjgh",
    "check leaf.primary key":
        "eeglimpchlmedcdlkgjobedmmlmbmllamgbmpdbdhenlnohbcdipmjlbehpphjoo",
    "check monthly_report.columns":
        "chlfebfldhhhlpepaahpcianfgagkmababjdohjchipjnehefcmafbjlolacagha",
    "check monthly_report.monthly_report_month_key":
        "ihejaklcadaadldgbkljedepgpfajneoeilhgffpfnpaombfjhhjoogkbogmdegj",
    "check monthly_report.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check monthly_report.report_is_countersigned_by_another":
        "mgminbkmbibeplicniemjjknpijogdaehmpnapfonjoenangabfkjhibhkfegija",
    "check monthly_report.report_is_countersigned_whole":
        "hddibdddhcplfdhjmmpagkbldbbblmeofhanmepfgmngnbmgdcbjbhdldlaciioe",
    "check monthly_report.report_is_of_a_month":
        "flgbadnbildldadhbhmbfhfeagkdemnoedgeailjgahmifgbheobpgjdlffhjehp",
    "check note.columns":
        "kcnhiockhbpjnjihpkkognnfkdkdoiknohbimlmempboccgkdbnbklpcapoplnlg",
    "check note.primary key":
        "nhicidncalgkkbifkbaadjpadmnpoclbdeadbpcacfjngoehcicifffaifjkfkgd",
    "check origin.columns":
        "pfoonlpbpokoeomfljmaklnhkhfopacmnpabjmoamolbmgamlppbhagcbbigaicj",
    "check origin.primary key":
        "aknnglbpiamkldpigfehbbempkmafbaplbcpeafpahhjbpcolalklkblhcgpiajo",
    "check pending.columns":
        "lodkaeidklkpcjlbpnhnmfpihdchgkfpmchgnolikdbehbpminijlijikhccocmg",
    "check pending.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check person_label.columns":
        "ljhgnbnhfcocbpaimmnodgkepgcfnjelaoelpfnnclgmofjkfacngjfbolmigcah",
    "check person_label.primary key":
        "ckhohihkjcillpongfmlfphdccbppbiojloiicdllhbdnbhlgjplaaaghaapdjao",
    "check pruning.columns":
        "dfkploancbnilgmmfdekjahkakobflodhohnhifebahofiaeofokghgmpoiiiicc",
    "check pruning.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check pruning.pruning_decision_is_signed_and_dated":
        "bnbboiclifbennoimppkchgmjbdljdmfooleiiaobpieflkmniiheholonfghjoo",
    "check pruning.pruning_is_decided_by_a_second_person":
        "nbjhiaeiegbclnekammlaglpgbngddddblipglaepibcjahfdblaklcdmijmonll",
    "check pruning.pruning_is_done_only_when_approved":
        "anldoidoihnacoeaecahiioejcioajjmdclikdabhdafldkciimmmpmjagnilpoe",
    "check pruning.pruning_is_of_a_month":
        "flgbadnbildldadhbhmbfhfeagkdemnoedgeailjgahmifgbheobpgjdlffhjehp",
    "check pruning.pruning_is_rejected_with_a_reason":
        "jbloiglkfdojnbbhbmbijhppjneiaeapomnedocpaglojfkbbhnoiahikmcakpoc",
    "check pruning.pruning_outcome_is_known":
        "dmogbemmpoifdgjianbcjmmilajjpkdlnjbikofegmeknjedjbmbmpbmpcbkocbk",
    "check record_retention.columns":
        "gmffemalkjhpjecjpfeplldnpidjllocagpbhghcjijfiekmecioaigilhigdgom",
    "check record_retention.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check record_retention.record_has_one_period":
        "lkefahpbapmjcmghbcmlmeopjgnjnmakdechfhlcdapboojceklhkckcddfdkcdc",
    "check record_retention.record_is_kept_five_years_at_least":
        "ameinpicpdehmnnndoahnigjcopadobaekalmlhhkpbpaopimdhhhobafboicebp",
    "check remembered.columns":
        "hpmondlcgamienokmnfakpofggmdnidmnfpidffggklfpmglnbcmjkfcjhinklma",
    "check remembered.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check rule.columns":
        "lloiphcoadkphbcbhldgikfdhoiokighcmdhcgplfjiokjabjgegdepkmblcnkgn",
    "check rule.primary key":
        "cpfhhfjapaokmbmdjpbeolijpeikjignbdaoodknmmnokooebcoibemljcpdeagp",
    "check rule_change.columns":
        "kgjafaohnbjaglbgdmphddmnenpcfhgiogofemfhehlgobjepjalkhcopbenbjfp",
    "check rule_change.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check rule_change.rule_change_decision_is_signed_and_dated":
        "bnbboiclifbennoimppkchgmjbdljdmfooleiiaobpieflkmniiheholonfghjoo",
    "check rule_change.rule_change_is_decided_by_a_second_person":
        "hgflnebnmldedlamjgnhlmbfaheialmbhmdojjfgggohcdkifmjomahjhepngcio",
    "check rule_change.rule_change_outcome_is_known":
        "dmogbemmpoifdgjianbcjmmilajjpkdlnjbikofegmeknjedjbmbmpbmpcbkocbk",
    "check rule_change.rule_change_rule_id_f727a516_fk_rule_code":
        "gafploacdfckhhpchiibjlmeanpedmfgfabaeihociaokdhekjafaednfcegkpeg",
    "check rule_change.rule_change_simulation_id_7908c919_fk_simulation_id":
        "ikkepnmdnjglcopcfckbgekdikgfimggddoebngfojdmiifjoekpihcogpkmkjpf",
    "check rule_progress.columns":
        "lfpicgjjlpadndnbonomoimkfhmjnagbbceokbhddjmmhcnfhndbjchililidnhj",
    "check rule_progress.primary key":
        "mhnedhhbcjdgaeanmbehnchbamhjdaaaamiikanpgjgmkcmgmoghmdkcmbfekmfo",
    "check rule_progress.rule_progress_rule_id_6f1f219c_fk_rule_code":
        "gafploacdfckhhpchiibjlmeanpedmfgfabaeihociaokdhekjafaednfcegkpeg",
    "check sample.columns":
        "fgmoialmggdlnkbmahngmcdihffbfcgoobeagadjjbdnoejkiebleeoolidgnihi",
    "check sample.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check sample.sample_is_drawn_once":
        "keapklkfminflhpljcnkihkdipldogpmgnopdaflogfhdggicpmhmojnkkmmeomk",
    "check sample.sample_population_check":
        "dapbebechjgahcmbocfelbambbbopjldclbpenflmjleepafoajjkbhcfdoaddjk",
    "check sampled_view.columns":
        "baajldjngfgmnijcnflmfkbgadmdmaeahppickdpobkjfanmfhkdkcajllefpbkj",
    "check sampled_view.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check sampled_view.sampled_view_answer_is_signed_and_dated":
        "kknafaidpccdpbbgkjcmfcegmflhkgenhfocamkjhphbnnhabpniekjbekjboaoo",
    "check sampled_view.sampled_view_is_drawn_once":
        "ngbmagjinodpgfjdkgbpjfoolknbbjhlddikhophmfhamfebheflfgjkfecplooo",
    "check sampled_view.sampled_view_is_not_answered_by_its_viewer":
        "mheblkomdajnahbfafjfppjnkkkhcpbifgdfbdfajpoelmacefcmdlobilllmjba",
    "check sampled_view.sampled_view_rank_check":
        "fkeognecfclkdhfmmbcjpocjifbhjkpjdkpjfejlcmdceicckpmdhajpbifjffdp",
    "check sampled_view.sampled_view_sample_id_2206b6da_fk_sample_id":
        "edchgpcglddffmbmhceboaapgobjejfbdjoadblgfhakefaeacpfgmigokemajeg",
    "check sampled_view.sampled_view_verdict_is_known":
        "kjjmjeoiffpghblkfhgbhjcgmhpliedijhnpjafeangemlaadblmbjdepggkojkk",
    "check saved_search.columns":
        "kfbenclidohjocpbifedbaopefedajpmjhileeibjifcpkkkmdfbacobifjbodnm",
    "check saved_search.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check saved_search.saved_search_due_day_check":
        "iadlcijapfnlpemhhkbdbhpihacgknfkkpifadlhkbeddmipifdeafpogeohhckf",
    "check saved_search.saved_search_is_due_on_a_day_of_every_month":
        "lgkldgdmobgjjidmlngipeocigfiigjpnmbfngomjaipkjcapaffnbmpjadihalj",
    "check saved_search_run.columns":
        "fopehmjkfocomadblhoegepibpbngmbceimfbbnfnkphkomfnghjcpeihmhbgjkh",
    "check saved_search_run.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check saved_search_run.saved_search_run_found_check":
        "oiadeofdpegkpgkkmomgmdilkhbkkpggpmkcpnmjebolologfgehiaamlmpakdin",
    "check simulation.columns":
        "hibblkihmgefafcldpekohbajmchffhopdclhcknkghjnkclpgofebcepooconca",
    "check simulation.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "check simulation.simulation_goes_back_a_year_at_most":
        "ohfkgkkhiegnbdnakhblonlamllnofdancoohlnoehlfkjggahljhaibpagepjff",
    "check simulation.simulation_rule_id_7e8a4e07_fk_rule_code":
        "gafploacdfckhhpchiibjlmeanpedmfgfabaeihociaokdhekjafaednfcegkpeg",
    "check simulation.simulation_state_is_known":
        "filbahchncjkphjilmncbbdpefljpomohnedhhaigncodejiinllkfondhnacohf",
    "check simulation.simulation_total_check":
        "knjdhbcioofpeapajlipdpmikkagjgkbkjgemjglflplcjjagpfkljminanahbfj",
    "check simulation.simulation_weeks_check":
        "eeonoidnpkfiianljhfifhpjncbkahblnhoopdnakocgnankgglcnhfijljamead",
    "check tally_actor.columns":
        "fdmalkaehahkjmojkbgigmaagpklldjlmafimgaodgmbjmncpfcenoeibopdenpb",
    "check tally_actor.primary key":
        "naakhfplkeifkjeadgmmhlpaigcfpicmlaiachmoccbgkgfedaomeegkoklohlgp",
    "check tally_hour.columns":
        "flgfjiedhhenbbjodbbmpdgjdpccgohhckjollnipkkooajjlkmpghcmlodenjfg",
    "check tally_hour.primary key":
        "fajeaijmffbjcnkffoofadpphaldcbhimlfenfnoamklgplffnfkkbldmcblamno",
    "check tile.columns":
        "igagdamlmgpgpkljdoejclfggkpajlockgimdjadhbofagdammnfkdglhieggmjk",
    "check tile.primary key":
        "bcegbpblaidkipjjgblgpfebnediehloimpgahikdndcjmeokhbijkhkooaoknlo",
    "check tile.tile_holds_hashes":
        "mgekhefdefddebdfenjhhnikpjclibakjlcbicjlcmmcenggjbnpfkohpfoidbad",
    "check verification.columns":
        "nmfcmpipfmgbfefmagnmdmbjcecegacfbhapailjelflooknmlekbcgfnfflbfbb",
    "check verification.primary key":
        "ocokmkfkikniekieehpgfcphcaodbnpbljlhdjakmgpgkglhmlnodiipclmfmfal",
    "function audit.event_is_queued()":
        "hmmdmgfmpllcbikkpigfocpkpbfmggcgkpifjfahmccfapogcaemjanjakdmpiko",
    "function audit.event_is_sound(event)":
        "caoapgpkhacofofainnkcmobdgpmhkmmflhllenhocafoncnhahhkmpnjlpjcknf",
    "function audit.event_refuses_change()":
        "icncaiacdllopikhoinfjpigdfaoodkbgnheklomkioplmjfcjjjficolinkghlb",
    "function audit.fault_is_dated()":
        "dkdmhlggcafkeejdblncfmkgacdodihibipgphdhlgolnnalcafekakabaemddce",
    "function audit.hit_follows_its_answers()":
        "jphnijflckonlhggemfoabbehdjmghbgbpekdepaljhhlpmblddallhigjcgllob",
    "function audit.hit_is_answered_by_another()":
        "kiabaloonklicjgdgccmnhombkidbbphndpjfjjacfhjeheplkldmanejejhbmol",
    "function audit.hit_takes_its_state()":
        "oipegfpoeoljfclkfemmnhamkjojajbfdchdafpomommlcebcmlajcijkgmeignd",
    "function audit.is_remembered(text)":
        "ikgoomodffgghmnnbfconanenbahjkehjifimjemjommamhlnepcipicdamnhgok",
    "function audit.make_months(date, integer)":
        "loagokopnfoefadkngleneiclmclojfadkdanknaichjoppjjeeobmdfcoifegdo",
    "function audit.month_extent(date)":
        "hpcfkjpkcahcjkocchbngcippnaeljdflehgojifponjkpdgdaljilajdjadepmp",
    "function audit.month_is_over_its_period(date)":
        "achmhlhagggoobapppokinljbcjbmfgjdjnppeifndcpeddhfbmhpibiolhefmnk",
    "function audit.monthly_report_is_on_record()":
        "ebphjpjhoinacdjepeiiehakciehipeeogjidohkpclgoncpjadlfjjmigljcbol",
    "function audit.monthly_report_is_signed_once()":
        "flokhfjcjalpglnnlmdhahcanlhonobahkeajkdmfhillboonhnhedeegkkndobe",
    "function audit.prune_month(uuid)":
        "dfopnghdimlflndjnddgdkkmkckpdepihllpiilfbjgfamjhcfojbdfdmjbmekii",
    "function audit.pruning_is_on_record()":
        "fhkancocinbnffajbjcohohimchejjhpodljpdmjmbfkopnfiaigjcmflbfhcfff",
    "function audit.pruning_moves_by_its_steps()":
        "fnhcigbimifheddbgljfljjncpipemkaoehpcfomollgkpfahohjnknegipmnaab",
    "function audit.pruning_told(uuid, date, bigint, bigint, bigint)":
        "dlnaeebnigpmepjkagmjockcfebcfpcbhddjcgfpnlmoboajkojhmghkhghacnac",
    "function audit.record_retention_is_dated()":
        "gimnlfdddnbcmajiicdigjllognebpecbclmbcdpingmapihhljlmegoigfkfjkl",
    "function audit.record_retention_is_on_record()":
        "jcdohdaiphiiacjilmbmfbjaggnjahdbagogjgokmlbaljceakhafkafljmmnjlk",
    "function audit.remembered_refuses_change()":
        "lilhhliaplgadadpbbgbanfoboneceahgfbkphbjhgdlnnkggbfpfjghopflhihb",
    "function audit.rule_changes_by_approval()":
        "injbipdhpjnfdpmjfgcpokdbhhfaehekkpaphglagdjglfljlobfgdjebojbepad",
    "function audit.rule_goes_on_by_pieces()":
        "aneiihgbecdnlpfogoipkfbefjlhjmgegihjefpcmjianbdhejlefcipbcbobhjj",
    "function audit.sampled_view_is_answered_once()":
        "klfdobpoihhfbhfbjliefeedcclppmljhjljkhhngpebcdiccmfbhehccdanjbge",
    "function audit.sealed_size()":
        "mdikcoiabcfigpokdageppeeilcimoacondjkfjhanikfphfkjogpenmdkmdbgeb",
    "function audit.search(bigint[], bigint[], bigint[], timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, integer)":
        "cljldgkllcchjpjacbeegklajiicjlfimflifebimhmmbpegkgoonkjgemggihel",
    "function audit.simulation_ends_once()":
        "pcfdfnadicjfokkifnelbandekhddkeoefmfjpmmfekkfekknhnmlageolkclnca",
    "function audit.tile_only_grows()":
        "ihjgcknamkphhiikcddjeikihionbegiffghglighnbdfpdajkaeeejchhonkgmg",
    "function audit.verification_begins_open()":
        "ljdpaoainlanoefhdfplpfeacgciliiggcnapgimckaibmpehlcbcdgmeibonpbc",
    "function audit.verification_ends_once()":
        "aiflnflclbahckfchbpgabceejpefcomodlnhdnijmbgnijeadgcpdffkpdpcemb",
    "function audit.verification_is_on_record()":
        "ommeiaeamkdjmbmoijngpfiicnnfcollggincbkidbnpldogbngkhikpaaanjjak",
    "function audit.watching_is_on_record()":
        "ppoccajalkadklnbbjiljbncaceagcpbiemapagplajfphmclbnpgcbpggepijfi",
    "function audit.why_month_stays(date)":
        "jpjnnlmhbefcaenpebglpoijmfapigjilcnehddakmjcfplnfjgjlegddemoookp",
    "function public.accounts_event_actor_is_real()":
        "iandaeebhbegblihghkekjcbepladkjkcfkcmeejbdipncbgnebfahpdobodkomb",
    "function public.accounts_holds(bigint, text)":
        "jckfoondlnmmegbcjmbbobfjeaenbhiddnepdainlngmffdanghocdjpchabagch",
    "function public.accounts_is_owner()":
        "lkajhbmpdoiemkkelgmfbbkohjickjhdcnidildhcaehfimieplafadhlmahghhl",
    "function public.accounts_pruning_is_the_keepers()":
        "mnndimbdfimemhakabocgonbbcgnfdhjnhlghjlhihopogbggkpliidfkloibeej",
    "function public.accounts_report_takes_two()":
        "mdkniobglbdpgpihgppiknpgmnnalcbdbhoenkhjdepedjbpadpbbgjnipebflja",
    "function public.accounts_rule_change_takes_two()":
        "bdahlpcjnhjdofpokfjjnmaaofgiakioodmoodcakldmmojpkllncbgdhhejbpnf",
    "function public.accounts_rule_is_about(bigint, text)":
        "bpopfoaelacpgmollcjgallidjhailkgmpdggeabfeehinlebbondbnkjkddhjbk",
    "function public.accounts_sample_is_answered_by_its_watchers()":
        "defdehcklkbackfhocjkneniljfiganihbhcpglfplnpihmocdlbfdkfhjdfmonk",
    "function public.accounts_watcher_is_another()":
        "edkpggdeinjihdemcbeolfkjhmhmneaihkmegjpakilchmcompngabdddlpfjmec",
    "function public.benefits_reveal_without_a_case_is_reviewed()":
        "aeonglhmblnhfdfhgclndimekpimdgffjfacmofplfmaipafmmbkjbajoecodjeg",
    "function vault.tickets_used_without_entry()":
        "lcioafakbelblfccfdgegikkegikodeonfmkfbfmknccgfbeohmnmaohooebopjn",
    "trigger checkpoint.checkpoint_is_never_changed":
        "jjmfignmmdjdpmjpkdndndlcaibocepjpmdmpgjckeoianionehbdokmpjdoeoao",
    "trigger checkpoint.checkpoint_is_never_truncated":
        "moknglnjcleldicodpnnilogbacikpckkbnjbpnneblolhcakldhhhbaddbjkkfp",
    "trigger event.event_is_never_changed":
        "oahjmihkaddgdgleaacbmoldiadgmhilmpoioclladmbgledlkhkhbdodljoaboc",
    "trigger event.event_is_never_truncated":
        "jbnonpcdaecgloljnahgkmgjmabedgegoeekjbgbehinhmdekfogimklbdoahmha",
    "trigger event.event_is_queued":
        "hanoeoeoabookfgimhhaaeiaicmlngmgmimgpggjdaaopjallchjehhhcahgpocl",
    "trigger fault.fault_is_dated":
        "aoohcaejodcdckiepfldhokpgjffkdbambciapaoagdiobcmcijkidcpjpbhpghd",
    "trigger fault.fault_is_never_changed":
        "eidpgkogiefjghkajnadgjpileclgmjdkibegeghlipopjnmacpcakehenehedic",
    "trigger fault.fault_is_never_truncated":
        "ldifdpkgnbcnddgjochmbjkpfbboamipiacmedapmkimmiliccckkcjlbnhhgbnf",
    "trigger hit.hit_follows_its_answers":
        "pbmdhapplfmfodiamjhbccobighfklbfgokffcjdkimbkngppdffggklgbcdjegp",
    "trigger hit.hit_is_never_removed":
        "dapdeglfihobegjklojladpkmnkpiammhpjfohmbncnmkjddhbjjmlhlkkppjllp",
    "trigger hit.hit_is_never_truncated":
        "malkjafdmmijlabpfbpmbgfidajfhaegjeniknajbbiehbpdhkikkahemkdbddmc",
    "trigger hit.hit_is_on_record":
        "halnamhpchgmejdnjdjakdoaianleedkciighbigiccjojbhlaillcgpedaakdcp",
    "trigger hit_answer.answer_is_never_changed":
        "nbomkdenlfafdfceoiaoamjlhoegcobmnmaopcjegjchdgeanieiefofghcmjgnf",
    "trigger hit_answer.answer_is_on_record":
        "kccaadghaobpeoibambpkmelokigchkbbhlnbdinklkmckakencommobiphhdacj",
    "trigger hit_answer.hit_answer_is_never_removed":
        "lhjcljfjlcjehackbhhpmokipbmjllaoanaofjnppimkpfjgdglmkppinlfgcibn",
    "trigger hit_answer.hit_answer_is_never_truncated":
        "eefipcpnabgggkkjelgpklfdohlbnfockfhfpggijlkfejajpgchjcaecgbppgeh",
    "trigger hit_answer.hit_is_answered_by_another":
        "befkfkkpofnckjbnealckbldimbhllofedookiimgdlnlegnmcmemnkihekjfhmm",
    "trigger hit_answer.hit_takes_its_state":
        "pocdnnioiihdmfhjdamgddhndobkaadjjlgbhdhfodaaboelohaopdojobphmoem",
    "trigger hit_answer.watcher_is_another":
        "mjnblmgbnihnhgkbbgbdkdcfklkpmhanibbhpajgaionedjgllmhicnpiadcmigm",
    "trigger leaf.leaf_is_never_changed":
        "oljdfhjckfhnladcbaeljmlfmjceepjjnhmmknnblbifjhjmihgnpfomffgifpec",
    "trigger leaf.leaf_is_never_truncated":
        "logdocnfgnghfknbkkchioafodplcnbajpifbciihffmdgbcfeoidlpgolafihca",
    "trigger monthly_report.report_is_never_removed":
        "oefoennpnbdjfilfcbimmfilefdgfinfdcbpdgjeglfaadoillecmcgekgmkdona",
    "trigger monthly_report.report_is_never_truncated":
        "jhjlhmifgblhlhgdahhlpemmenilbajlggiljmaalhnfkpeknaniihnnbdnohppa",
    "trigger monthly_report.report_is_on_record":
        "celgoflpjffodhcckiikopffddmkofeoacbbmjfhlgmlhnalchbdpjigfejajghk",
    "trigger monthly_report.report_is_signed_once":
        "ebcefnadlidjihmodgjeclicpcigoohclphccfedlenkjhegikfaopiabpmibklo",
    "trigger monthly_report.report_takes_two":
        "dggfpljnkopjgodjhcdfpeookpleaehljnbfjflmidcggnijhcddjfgcdjemiekd",
    "trigger note.note_is_never_changed":
        "fdgboegoocglfkfegekjnjfegegkhbofgepdiklfmhfiooapnpdcjeeiefckbkbc",
    "trigger note.note_is_never_truncated":
        "ebnlackdandddghapdjacgdnaaelaechoaicjgapcophdnckofkobnpgmjopimkg",
    "trigger origin.origin_is_never_changed":
        "haclmpimpgohcecpjlepjeopapoobgofojfjncindbaflegjekkaliiaielmenjh",
    "trigger origin.origin_is_never_truncated":
        "bkmipijpbojikhddajpgaakniglcnbdaejpkcoikchllhmgheahpjoenmgdbknib",
    "trigger pending.pending_is_never_truncated":
        "achhhlnmngjkbffembjgjpinokdlnpiibjjapledadflnadimbflfgboaegglcio",
    "trigger pruning.pruning_is_never_removed":
        "mhjeleppobgmiipjcfggplnenbhbpoiokmmdadfagdnkcjhjjkogfmhaemililfg",
    "trigger pruning.pruning_is_never_truncated":
        "pbjfjafnkkdofmeaoaolkghmpcmgcbigggfanodiellodikgbobhmomohepiogld",
    "trigger pruning.pruning_is_on_record":
        "fomghefajkfnppecefcgphiiahemficjaoniaaopklbbgpkhbbhldnammonogjeb",
    "trigger pruning.pruning_is_the_keepers":
        "dphfiajgpgcfpahlkbocoalfbpjnakdbeihdmklphgpnmdpfofmaihncdjioahci",
    "trigger pruning.pruning_moves_by_its_steps":
        "fdddkkklijdpgeolfdgcjbcbblhdojdnlcnmgfipjhkmjodgjoklpohmkfhekken",
    "trigger record_retention.retention_change_is_on_record":
        "geamocjmlfcbbdmgeapimdmnlahbdagmjmbcgbknhaefpnfjpalcnjmlobfihhep",
    "trigger record_retention.retention_is_dated":
        "ieiiggjfmmjegdadbdgghffddmbgnpejjnofkejknplpceknjifhdjkijhmkbjll",
    "trigger record_retention.retention_is_never_removed":
        "akfcklmmpdgapokedijndemlcnemdaidefgejoahjkgplhmngjfadefcoopfgecl",
    "trigger record_retention.retention_is_never_truncated":
        "hfpiddcnappnfhknnbelpmjceeknmcomcmgbcnmeeebnlphoffadmkfbgamhhcmf",
    "trigger remembered.event_actor_is_real":
        "hoibakbmbajmdonbbmpmkicinakndchoicehbbmnnfjhhhldmgieecchdamepdke",
    "trigger remembered.remembered_is_never_changed":
        "jncnkaflgnelmopgdpohegmfdilnmajdigmjoacindemaoejkbbhoogaffamfakk",
    "trigger remembered.remembered_is_never_truncated":
        "clcefcchfeadbopkenmpghjbbhemaeidkfbckedofihncaaedilbelpngnaeibhc",
    "trigger remembered.reveal_without_a_case_is_reviewed":
        "ccjkfnhegmcjaffkpnflcncbjieleoifodbgcmhnfjcolcdndiemmppjnfefnenh",
    "trigger rule.rule_changes_by_approval":
        "gpkkggbpggcpcapdmnlnfjlapdnghiejnedpgblccbdmgbkiophjehoedikihkij",
    "trigger rule.rule_is_never_removed":
        "ikkieajpccepgjjnffkkebljcokpfdbijkmekebkphflknebgblnpfbbfhlnpdcj",
    "trigger rule.rule_is_never_truncated":
        "lmnkngeehnpdfnbnmeineilamkdbgbjpllfeljfjbcnhkfbhdecdeekfdfkkmakf",
    "trigger rule_change.rule_change_is_never_removed":
        "kpabjmannoiafepmikhlandooabeakbdgkikgbdlkdffgpilekbhkbageldcbejd",
    "trigger rule_change.rule_change_is_never_truncated":
        "ohbifbebpalecgbpecajfocecgniilgbpegccofgpkogjicmoacnhgepioifjccm",
    "trigger rule_change.rule_change_is_on_record":
        "bbekipmdbblleofljgihkffahdackhnfpkffkmbnfbjgnbopjndcenldghehpobi",
    "trigger rule_change.rule_change_takes_two":
        "plabppgdobgpcpocdddobcooohgemdikhcbbhhcoebgbappljgbhmaoglkomhcfn",
    "trigger rule_progress.rule_goes_on_by_pieces":
        "jaimendehhmcojbafhgmihggmfdpmpbgidcigjnekjplpoaengjokaabidoeeokm",
    "trigger rule_progress.rule_progress_is_never_removed":
        "eoenekfiheihiofldcdbcnlgmpgifgpbddkpggfpbjoahanccfjhhoanaiajdacc",
    "trigger rule_progress.rule_progress_is_never_truncated":
        "idnjalghbhdakjlcdgdhangcacgbnhalfkpjjfgonnnahgccbhboafkphnpefdoj",
    "trigger sample.sample_is_never_changed":
        "acdklendlangjmmgefhojhgcpiekbbpkjagagjenbbjollcponfdncpabgdpnfco",
    "trigger sample.sample_is_never_removed":
        "jkfmbcflconboaikmfnmmelegfeogoifcgeeddjpomgcfedbpndljcdcjookjalj",
    "trigger sample.sample_is_never_truncated":
        "efckocaffniepipaffhbmpjlfpmnfddckigoiigdckehoongakpbaopjdiccajkg",
    "trigger sampled_view.sample_is_answered_by_its_watchers":
        "fdkinoinfhonedelpemplbgmfbpmkgibikaohbhndeanmapndafkcnlpagjmledi",
    "trigger sampled_view.sampled_view_is_answered_once":
        "mblgfhmlihbflfpcahkfdagjfdldkanpfplhcbblhidpcildmbonllceapigimcn",
    "trigger sampled_view.sampled_view_is_never_removed":
        "nngjdnleaniejcfncimpbcpfblakmcflkgldiblaimplcfjkaopkppllipnpdkdm",
    "trigger sampled_view.sampled_view_is_never_truncated":
        "hefmgfhgbfheadmfnehmfkkmangbmklmolnkkcpnagpjblikkajkbddklpohhkee",
    "trigger sampled_view.sampled_view_is_on_record":
        "hcicncmihgjknkgkemjkpiajnmfjhbkikpacinbaahbgmpmmlbjlibjamjbhpljh",
    "trigger saved_search_run.saved_search_run_is_never_changed":
        "nepmokfjpchedmbooadnahgcoimafnbjljjellofcndknhndgjjijjdapbhiemoa",
    "trigger simulation.simulation_end_is_on_record":
        "hccjjmdjoljgolacimilhneakedcbcebfddfpdjclingfdbfkglodolpjimlpknp",
    "trigger simulation.simulation_ends_once":
        "akebajcpclmncodechnekcniolfhogphkkcndmcahdgdcmfpemlbibkhkjhnfjnm",
    "trigger simulation.simulation_is_never_removed":
        "bgmkaipiemmkhjialfdfknhnjaabnoholaafmpklhmmobhfaobihccgddlpiiilp",
    "trigger simulation.simulation_is_never_truncated":
        "gfdijilgijpmdaahjdbbakdejnddieodkmjbkmhjaiecedidklcadoggfhllkina",
    "trigger simulation.simulation_is_on_record":
        "ajgoiaiblhmefimkkgolojkhdckicpnbnnohogjjifbceakoikibnajikjimlnbd",
    "trigger tile.tile_is_never_removed":
        "hkajlbkfklgbfhmcfakpagpknkofkfadddnilmimnacnkjloakpankeibjgdjibn",
    "trigger tile.tile_is_never_truncated":
        "nkdkgclfnjhcihafglbeajgccekncbmdjoafffknlpmpeommopajkndkpnjbpbja",
    "trigger tile.tile_only_grows":
        "jbfgfippemjcddkacmkpanoehlgcbggelgbfomagbhipinfcahajfpadbkfjnpmg",
    "trigger verification.verification_begins_open":
        "dppbcefkkaedmibhlippclmdkhecelpokambaalilpkflmdnagmmglonceifaaep",
    "trigger verification.verification_ends_once":
        "dipohcpglnpihnnbeclapcobbckjmhfmeiigngejhlopkklbeiobopjnhcemkhhh",
    "trigger verification.verification_is_never_removed":
        "efoghhdcbhhfbojholicfmldpkgbllkjlipjdcoflgiemagfbjjalpcpcmckmich",
    "trigger verification.verification_is_never_truncated":
        "pimpnllacmdafkmopkbffocjicnfalhlhpkillfbemigmbijfcpadmioimnblfjh",
    "trigger verification.verification_is_on_record":
        "nkjcmgiiafecfdppoedahgbmpkopiddeikonkhlnfkijglamkcoikfcdgocboake",
}
