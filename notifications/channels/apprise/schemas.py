"""Which of Apprise's services are sent to."""

# They speak HTTP or SMTP, and keep nothing on the disk: no sockets of other kinds, no message bus, no system log.
NAMES = """
46elks elks atalk bark barks betterstack brevo bulksms bulkvs burstsms kudosity cm chanify clicksend clickatell cliq
zcliq zohocliq d7sms dapnet dingtalk dot emby embys enigma2 enigma2s evolution evolutions exotel feishu firehydrant
flock flowtriq flowtriqs freemobile github goalert goalerts gchat gorush gorushs gotify gotifys groundmail gupshup
hassio hassios httpsms ifttt ilert incidentio infobip json jsons jira join kakao kakaotalk kaleyra klr kavenegar
kumulos lfg lametric lametrics lark lauther line msg91 mailersend msgbird misskey misskeys mobilemessage mobilemsg
ncloud nclouds nctalk nctalks notica noticas notifiarr notifico notificos ntfy ntfys octopush azure o365 onebot
onebots onesignal opsgenie pagerduty pagertree parsep parseps pinglet pinglets pingram plivo postmark prowl pushdeer
pushdeers pushme psafer psafers pushward pushed pjet pjets pushplus wecom pushy qq reddit resend revolt rocket
rockets ryver sfr signl4 smseagle smseagles smsmanager smsmgr smstunnel smtp2go sns sendgrid sendpulse schan session
sessions sogs seven signal signals signalgrid sinch sparkpost spike splunk victorops spugpush squadcast stackfield
strmlabs synology synologys push telesign telnyx threema trigv trigvs twilio twist viber voipms nexmo vonage wpush
wechat wecombot whatsapp wxpusher kodi kodis xbmc xbmcs xml xmls xmatters youlmk zalo zoom zulip apprise apprises
bluesky bsky discord eight00com fluxer fluxers form forms groupme humhub humhubs kook mailgun mastodon mastodons
toot toots mmost mmosts notifyre pbul pover ringc ses smsc serwersms simplepush spush slack tgram tweet twitter x
webex wxteams whapi workflow workflows mailto mailtos
"""
ALLOWED = frozenset(NAMES.split())
